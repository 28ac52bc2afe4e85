//! Distinguished names as RFC 4514 writes them.

use std::borrow::Cow;
use std::fmt::Write as _;

use x509_parser::asn1_rs::{Any, Class, Oid, Tag, ToDer};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// The name, its last part first. The attributes of RFC 4514, section 3, have their short names, all others
/// their number and the value in hexadecimal: there are several short names for some of them, and whoever
/// compares the text has to find the same one each time.
///
/// `None` for a name with an attribute that has no proper number.
pub(super) fn write(name: &X509Name<'_>) -> Option<String> {
    let parts: Vec<_> = name.iter().collect();
    let mut text = String::new();
    for part in parts.into_iter().rev() {
        if !text.is_empty() {
            text.push(',');
        }
        for (n, attribute) in part.iter().enumerate() {
            if n > 0 {
                text.push('+');
            }
            write_attribute(&mut text, attribute)?;
        }
    }
    Some(text)
}

fn write_attribute(text: &mut String, attribute: &AttributeTypeAndValue<'_>) -> Option<()> {
    let (number, value) = (dotted(attribute.attr_type())?, attribute.attr_value());
    let name = short_name(&number);
    text.push_str(name.unwrap_or(&number));
    text.push('=');
    match name.and_then(|_| characters(value)) {
        Some(value) => escape(text, &value),
        None => {
            text.push('#');
            for byte in value.to_der_vec_raw().ok()? {
                write!(text, "{byte:02x}").ok()?;
            }
        }
    }
    Some(())
}

fn short_name(number: &str) -> Option<&'static str> {
    Some(match number {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => return None,
    })
}

/// The number of an attribute type, decoded here: asn1-rs takes the first byte for the first two arcs, though
/// 2.999 needs two bytes for them. `None` when it is cut short, or has an arc of more than the
/// 128 bits that a UUID has.
fn dotted(number: &Oid<'_>) -> Option<String> {
    let (mut text, mut arc) = (String::new(), 0_u128);
    let (last, _) = number.as_bytes().split_last()?;
    if last & 0x80 != 0 {
        return None;
    }
    for byte in number.as_bytes() {
        arc = arc.checked_mul(0x80)? | u128::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (arc / 40).min(2);
            write!(text, "{first}.{}", arc - 40 * first).ok()?;
        } else {
            write!(text, ".{arc}").ok()?;
        }
        arc = 0;
    }
    Some(text)
}

/// The characters of a value; `None` when it is no string, or not a proper one.
fn characters<'a>(value: &Any<'a>) -> Option<Cow<'a, str>> {
    if value.class() != Class::Universal || value.header.is_constructed() {
        return None;
    }
    let bytes = value.as_bytes();
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
        }
        // Which was meant to have more than ISO 8859-1, and is used for it everywhere.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (pairs, rest) = bytes.as_chunks();
            let units = pairs.iter().copied().map(u16::from_be_bytes);
            String::from_utf16(&units.collect::<Vec<_>>()).ok().filter(|_| rest.is_empty()).map(Cow::Owned)
        }
        Tag::UniversalString => {
            let (quads, rest) = bytes.as_chunks();
            let characters = quads.iter().copied().map(u32::from_be_bytes).map(char::from_u32);
            characters.collect::<Option<String>>().filter(|_| rest.is_empty()).map(Cow::Owned)
        }
        _ => None,
    }
}

/// Section 2.4. Control characters, which it leaves to us, are escaped as well: names get into logs.
fn escape(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (n, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', character]),
            '#' if n == 0 => text.push_str("\\#"),
            ' ' if n == 0 || n == last => text.push_str("\\ "),
            _ if character.is_control() => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to a string does not fail.
                    let _ = write!(text, "\\{byte:02X}");
                }
            }
            _ => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests;
