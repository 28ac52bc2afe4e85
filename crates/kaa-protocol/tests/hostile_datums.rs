//! Bytes that somebody chose in order to hurt.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kaa_protocol::Bytes;
use kaa_protocol::avro::{Problem, Record};
use kaa_protocol::esp::{ClientData, ExtensionData};

/// The smallest `ClientData` of today, field by field.
const FIELDS: [(&str, &[u8]); 9] = [
    ("correlationId", b"\x02a"),
    ("timestamp", b"\x00"),
    ("timeout", b"\x00"),
    ("appVersionName", b"\x02v"),
    ("endpointId", b"\x02"),
    ("resourcePath", b"\x00"),
    ("requestId", b"\x02"),
    ("payload", b"\x00"),
    ("configName", b"\x00"),
];

const I64_MIN: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
const I64_MAX: &[u8] = &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

/// The datum with other bytes for one field, and where they start.
fn with(field: &str, value: &[u8]) -> (Bytes, usize) {
    let mut datum = Vec::new();
    let mut offset = 0;
    for (name, valid) in FIELDS {
        if name == field {
            offset = datum.len();
            datum.extend(value);
        } else {
            datum.extend(valid);
        }
    }
    (datum.into(), offset)
}

fn check(field: &'static str, value: &[u8], at: usize, problem: Problem) {
    let (datum, start) = with(field, value);
    let error = ClientData::decode(&datum).unwrap_err();
    let found = (error.record(), error.field(), error.offset(), error.problem());
    assert_eq!(found, ("ClientData", Some(field), start + at, problem), "{field} = {value:02x?}: {error}");
}

#[test]
fn the_datum_they_are_made_from_is_valid() {
    let (datum, _) = with("", b"");
    assert!(ClientData::decode_strict(&datum).is_ok());
}

#[test]
fn lengths_are_not_believed() {
    for field in ["correlationId", "appVersionName", "resourcePath", "payload"] {
        check(field, I64_MIN, 0, Problem::NegativeLength(i64::MIN));
        check(field, b"\x01", 0, Problem::NegativeLength(-1));
        for length in [i64::MAX, 1 << 31, 1 << 20] {
            let value = long(length);
            let left = with(field, &value).0.len() - with(field, &value).1 - value.len();
            check(field, &value, 0, Problem::LengthBeyondEnd { length, left });
        }
    }
    // Behind the branch of a union.
    check(
        "endpointId",
        &[&[0x00], I64_MAX].concat(),
        1,
        Problem::LengthBeyondEnd { length: i64::MAX, left: 4 },
    );
    check("configName", b"\x02\x02", 1, Problem::LengthBeyondEnd { length: 1, left: 0 });
}

#[test]
fn numbers_end_after_64_bits() {
    for field in ["correlationId", "timestamp", "timeout", "requestId", "payload", "configName"] {
        check(field, &[0xff; 11], 0, Problem::NumberTooLong);
        check(field, &[[0xff; 9].as_slice(), &[0x02]].concat(), 0, Problem::NumberTooLong);
        check(field, &[[0x80; 10].as_slice(), &[0x00]].concat(), 0, Problem::NumberTooLong);
    }
}

#[test]
fn an_int_is_not_a_long() {
    for value in [i64::from(i32::MAX) + 1, i64::from(i32::MIN) - 1, i64::MAX, i64::MIN] {
        check("requestId", &[&[0x00], long(value).as_slice()].concat(), 1, Problem::NotAnInt(value));
    }
}

#[test]
fn a_union_has_the_branches_it_has() {
    for field in ["endpointId", "requestId", "configName"] {
        for branch in [2, -1, 63, i64::MAX, i64::MIN] {
            check(field, &long(branch), 0, Problem::UnknownBranch { branch, last: 1 });
        }
    }
}

#[test]
fn strings_are_utf8_to_the_last_byte() {
    for (text, at) in [
        (&b"\xff"[..], 0),
        (b"ab\xc3", 2),
        (b"ab\xc0\xaf", 2),
        (b"\xed\xa0\x80", 0),
        (b"abc\xf5\x80\x80\x80", 3),
    ] {
        let length = u8::try_from(text.len()).unwrap() << 1;
        let value = [&[length], text].concat();
        check("correlationId", &value, 1 + at, Problem::NotUtf8);
        check("resourcePath", &value, 1 + at, Problem::NotUtf8);
        check("endpointId", &[&[0x00], value.as_slice()].concat(), 2 + at, Problem::NotUtf8);
    }
}

#[test]
fn nothing_is_not_a_record() {
    for error in
        [ClientData::decode(&Bytes::new()).unwrap_err(), ExtensionData::decode(&Bytes::new()).unwrap_err()]
    {
        let found = (error.field(), error.offset(), error.problem());
        assert_eq!(found, (Some("correlationId"), 0, Problem::EndOfInput));
    }
}

#[test]
fn a_mebibyte_of_zeros_is_a_small_record_with_a_lot_behind_it() {
    let zeros = Bytes::from(vec![0; 1 << 20]);
    assert_eq!(ClientData::decode(&zeros).unwrap().trailing, (1 << 20) - 11);
    assert!(ClientData::decode_strict(&zeros).is_err());
    assert!(ExtensionData::decode(&zeros).is_ok());
}

#[test]
fn a_mebibyte_of_garbage_is_refused_or_read_but_never_believed() {
    for seed in 1..=64_u64 {
        let mut state = seed;
        let garbage: Bytes = (0..1 << 17)
            .flat_map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()
            })
            .collect();
        if let Ok(decoded) = ClientData::decode(&garbage) {
            assert!(decoded.record.payload.len() + decoded.trailing < garbage.len());
        }
        if let Ok(decoded) = ExtensionData::decode(&garbage) {
            assert!(decoded.trailing < garbage.len());
        }
    }
}

/// A long, as Avro writes it.
fn long(value: i64) -> Vec<u8> {
    let mut writer = kaa_protocol::avro::Writer::with_size(kaa_protocol::avro::Writer::long_size(value));
    writer.long(value);
    writer.finish().to_vec()
}
