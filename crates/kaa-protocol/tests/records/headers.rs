//! The single-object encoding: a record may say which schema it is of, and is held to it.

use apache_avro::GenericSingleObjectWriter;
use kaa_protocol::Bytes;
use kaa_protocol::avro::Problem;
use kaa_protocol::catalog::{RECORDS, RecordInfo};

use crate::values::{Fill, typical, typical_datums};
use crate::{label, oracle};

fn with_header(fingerprint: u64, datum: &[u8]) -> Bytes {
    [&[0xc3, 0x01], &fingerprint.to_le_bytes()[..], datum].concat().into()
}

/// Whether two are revisions of one record.
fn is_same_record(one: &RecordInfo, other: &RecordInfo) -> bool {
    (one.protocol, one.name) == (other.protocol, other.name)
}

#[test]
fn a_header_is_accepted_for_the_schemas_of_the_record_and_no_others() {
    for info in RECORDS {
        let datum = typical_datums(info).swap_remove(0);
        for other in RECORDS {
            let outcome = (info.check)(&with_header(other.fingerprint, &datum));
            if is_same_record(info, other) {
                assert_eq!(outcome, Ok(0), "{} as {}", label(info), label(other));
                let recoded = (info.recode)(&with_header(other.fingerprint, &datum));
                assert_eq!(recoded, Some(datum.clone()), "the header is not written again");
            } else {
                let error = outcome.unwrap_err();
                let found = (error.field(), error.offset(), error.problem());
                let expected = (None, 0, Problem::UnknownSchema(other.fingerprint));
                assert_eq!(found, expected, "{} as {}", label(info), label(other));
            }
        }
        for unknown in [0, u64::MAX, info.fingerprint ^ 1, info.fingerprint.swap_bytes()] {
            let error = (info.check)(&with_header(unknown, &datum)).unwrap_err();
            assert_eq!(error.problem(), Problem::UnknownSchema(unknown), "{}", label(info));
        }
    }
}

#[test]
fn no_part_of_a_header_is_one_and_no_header_is_a_record() {
    for info in RECORDS {
        let header = with_header(info.fingerprint, b"");
        for end in 0..=header.len() {
            let error = (info.check)(&header.slice(..end)).unwrap_err();
            assert_eq!(error.field(), Some("correlationId"), "{}: {end} bytes, {error}", label(info));
        }
        let datum = typical_datums(info).swap_remove(0);
        for end in 0..datum.len() / 2 {
            let cut = with_header(info.fingerprint, &datum[..end]);
            assert!((info.check)(&cut).is_err(), "{}: {end} bytes behind the header", label(info));
        }
        let twice = with_header(info.fingerprint, &with_header(info.fingerprint, &datum));
        assert!((info.check)(&twice).is_err(), "{}", label(info));
    }
}

#[test]
fn what_apache_avro_writes_with_a_header_is_read() {
    for info in RECORDS {
        let schema = oracle::schema(info);
        let value = typical(&schema, Fill::Full);
        let mut written = Vec::new();
        GenericSingleObjectWriter::new_with_capacity(&schema, 1024)
            .unwrap()
            .write_value_ref(&value, &mut written)
            .unwrap();
        let written = Bytes::from(written);
        assert_eq!(written[..10], with_header(info.fingerprint, b"")[..], "{}", label(info));
        assert_eq!((info.check)(&written), Ok(0), "{}", label(info));
        assert_eq!(oracle::read(&schema, &(info.recode)(&written).unwrap()), value, "{}", label(info));
    }
}
