//! Every schema we print, against the fingerprint that stands in its definition.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use kaa_protocol::avro::Record;
use kaa_protocol::catalog::RECORDS;
use kaa_protocol::eme::MetadataKeyUpdatedDto;
use kaa_protocol::tstp::DataPoint;

fn fingerprint(schema: &str) -> u64 {
    let fingerprint = Schema::parse_str(schema).unwrap().fingerprint::<Rabin>();
    u64::from_le_bytes(fingerprint.bytes.try_into().unwrap())
}

#[test]
fn every_record_has_the_fingerprint_of_its_schema() {
    let messages = RECORDS.iter().map(|info| (info.name, info.revision, info.schema(), info.fingerprint));
    let parts = [
        (DataPoint::NAME, None, DataPoint::schema(()), DataPoint::FINGERPRINTS[0]),
        (
            MetadataKeyUpdatedDto::NAME,
            None,
            MetadataKeyUpdatedDto::schema(()),
            MetadataKeyUpdatedDto::FINGERPRINTS[0],
        ),
    ];
    let wrong: Vec<_> = messages
        .chain(parts)
        .filter(|(.., schema, committed)| fingerprint(schema) != *committed)
        .map(|(name, revision, schema, _)| format!("{name} {revision:?} {:#018x}", fingerprint(&schema)))
        .collect();
    assert!(wrong.is_empty(), "these schemas have changed:\n{}", wrong.join("\n"));
}
