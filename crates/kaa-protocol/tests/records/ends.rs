//! Where a record ends: nothing less is one, and what is more is counted.

use apache_avro::types::Value;
use kaa_protocol::Bytes;
use kaa_protocol::catalog::{RECORDS, RecordInfo};

use crate::oracle::ONE_BLOCK;
use crate::values::{Fill, typical, typical_datums};
use crate::{label, oracle};

/// The one prefix that is a record: a `ClientData` of today without its last field is one of the
/// seed.
fn seed_end(info: &RecordInfo, fill: Fill) -> Option<usize> {
    if (info.name, info.revision) != ("ClientData", Some("current")) {
        return None;
    }
    let Value::Record(mut fields) = typical(&oracle::schema(info), fill) else { panic!("no record") };
    assert_eq!(fields.pop().unwrap().0, "configName");
    Some(oracle::write_blocks(&Value::Record(fields), ONE_BLOCK).len())
}

#[test]
fn every_strict_prefix_is_refused_but_one() {
    for info in RECORDS {
        let schema = oracle::schema(info);
        for fill in [Fill::Full, Fill::Bare] {
            for blocks in [ONE_BLOCK, &[(1, true), (1, false)]] {
                let datum = oracle::write_blocks(&typical(&schema, fill), blocks);
                let seed_end = seed_end(info, fill);
                for end in 0..datum.len() {
                    let outcome = (info.check)(&datum.slice(..end));
                    let is_record = outcome == Ok(0);
                    assert!(is_record || outcome.is_err(), "{}: the first {end}", label(info));
                    assert_eq!(is_record, Some(end) == seed_end, "{}: the first {end}", label(info));
                }
                assert_eq!((info.check)(&datum), Ok(0), "{}", label(info));
            }
        }
    }
}

#[test]
fn bytes_behind_a_record_are_counted() {
    for info in RECORDS {
        for datum in typical_datums(info) {
            // The reader of ClientData knows one more field than the seed has.
            let is_open = (info.name, info.revision) == ("ClientData", Some("seed"));
            for count in if is_open { 0..1 } else { 0..40 } {
                let longer = Bytes::from([&datum[..], &vec![0; count]].concat());
                assert_eq!((info.check)(&longer), Ok(count), "{}", label(info));
            }
        }
    }
}

#[test]
fn bytes_behind_a_client_data_of_the_seed_are_its_next_field_or_refused() {
    let info = RECORDS.iter().find(|info| info.name == "ClientData").unwrap();
    for datum in typical_datums(info) {
        for (rest, outcome) in [
            (&b"\x00"[..], Some(0)),
            (b"\x00more", Some(4)),
            (b"\x02\x02a", Some(0)),
            (b"\x02\x04a", None),
            (b"more", None),
        ] {
            let longer = Bytes::from([&datum[..], rest].concat());
            assert_eq!((info.check)(&longer).ok(), outcome, "{rest:?}");
        }
    }
}
