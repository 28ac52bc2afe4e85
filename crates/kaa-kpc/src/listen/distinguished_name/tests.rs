use x509_parser::prelude::FromDer;

use super::*;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, content.len().try_into().unwrap()], content].concat()
}

/// The text of a name with this value as its only attribute.
fn name(number: &[u8], tag: u8, value: &[u8]) -> Option<String> {
    let attribute = tlv(0x30, &[tlv(6, number), tlv(tag, value)].concat());
    let name = tlv(0x30, &tlv(0x31, &attribute));
    let (_, name) = X509Name::from_der(&name).unwrap();
    write(&name)
}

fn common_name(tag: u8, value: &[u8]) -> String {
    name(&[0x55, 4, 3], tag, value).unwrap()
}

#[test]
fn a_value_that_is_no_proper_string_is_written_as_its_bytes() {
    assert_eq!(common_name(12, &[0xff]), "CN=#0c01ff", "UTF-8");
    assert_eq!(common_name(30, &[0]), "CN=#1e0100", "half a character of UTF-16");
    assert_eq!(common_name(30, &[0xd8, 0]), "CN=#1e02d800", "a lone surrogate");
    assert_eq!(common_name(28, &[0, 0x11, 0, 0]), "CN=#1c0400110000", "beyond Unicode");
    assert_eq!(common_name(28, &[0, 0, 0]), "CN=#1c03000000", "three bytes of UTF-32");
    assert_eq!(common_name(2, &[7]), "CN=#020107", "a number");
    assert_eq!(common_name(0x8c, b"a"), "CN=#8c0161", "a tag of somebody's own");
}

#[test]
fn the_first_byte_of_a_number_may_stand_for_two_arcs_and_so_may_the_first_two() {
    let number = |bytes: &[u8]| name(bytes, 5, &[]).unwrap();
    assert_eq!(number(&[0]), "0.0=#0500");
    assert_eq!(number(&[39]), "0.39=#0500");
    assert_eq!(number(&[40]), "1.0=#0500");
    assert_eq!(number(&[79]), "1.39=#0500");
    assert_eq!(number(&[80]), "2.0=#0500");
    assert_eq!(number(&[0x88, 0x37]), "2.999=#0500");
    assert_eq!(number(&[0x69, 0x83, 0xff, 0x7f]), "2.25.65535=#0500");
}

#[test]
fn an_arc_has_at_most_128_bits() {
    let ones = |first: u8| [&[0x69, first][..], &[0xff; 17], &[0x7f]].concat();
    let text = format!("2.25.{}=#0500", u128::MAX);
    assert_eq!(name(&ones(0x83), 5, &[]).as_deref(), Some(text.as_str()));
    assert_eq!(name(&ones(0x87), 5, &[]), None);
}

#[test]
fn a_number_that_is_cut_short_is_none() {
    assert_eq!(name(&[0x55, 0x84], 5, &[]), None);
}
