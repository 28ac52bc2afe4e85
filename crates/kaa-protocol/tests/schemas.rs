//! Every schema we print, against the fingerprint that stands in its definition, and against the
//! published ones where they are at hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use kaa_protocol::avro::Record;
use kaa_protocol::catalog::RECORDS;
use kaa_protocol::eme::MetadataKeyUpdatedDto;
use kaa_protocol::tstp::DataPoint;

/// The published schemas, beside the checkout. Where they are missing, the fingerprints say the same:
/// they are those of the canonical forms.
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec/avsc");

/// The one published record that no module here speaks: traffic counters of 9/ELCE.
const LEFT_OUT: &str = "0009-ep-traffic-stats.avsc";

fn fingerprint(schema: &Schema) -> u64 {
    u64::from_le_bytes(schema.fingerprint::<Rabin>().bytes.try_into().unwrap())
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
        .map(|(name, revision, schema, committed)| {
            (name, revision, fingerprint(&Schema::parse_str(&schema).unwrap()), committed)
        })
        .filter(|(.., found, committed)| found != committed)
        .map(|(name, revision, found, _)| format!("{name} {revision:?} {found:#018x}"))
        .collect();
    assert!(wrong.is_empty(), "these schemas have changed:\n{}", wrong.join("\n"));
}

#[test]
fn every_published_schema_of_our_protocols_is_ours() {
    let canonical: BTreeMap<u64, String> = RECORDS
        .iter()
        .map(|info| (info.fingerprint, Schema::parse_str(&info.schema()).unwrap().canonical_form()))
        .collect();
    assert_eq!(canonical.len(), RECORDS.len(), "two records have one fingerprint");

    let mut compared = Vec::new();
    for revision in ["seed", "current"] {
        let Ok(files) = fs::read_dir(Path::new(PUBLISHED).join(revision)) else { continue };
        for path in files.map(|file| file.unwrap().path()) {
            if path.ends_with(LEFT_OUT) {
                continue;
            }
            let published = Schema::parse_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let ours = canonical.get(&fingerprint(&published));
            assert_eq!(ours, Some(&published.canonical_form()), "{}", path.display());
            compared.push((fingerprint(&published), revision));
        }
    }
    // A record that has revisions has each of them where it belongs.
    for info in RECORDS.iter().filter(|info| info.revision.is_some()) {
        let belongs = |(fingerprint, _): &&(u64, &str)| *fingerprint == info.fingerprint;
        for (_, revision) in compared.iter().filter(belongs) {
            assert_eq!(Some(*revision), info.revision, "{}", info.name);
        }
    }
    // Only the predecessor of 6/CDTP was published without schemas.
    let published = RECORDS.iter().filter(|info| info.protocol != "5/CMX2CDP");
    let missing: Vec<_> = published
        .filter(|info| !compared.iter().any(|(fingerprint, _)| *fingerprint == info.fingerprint))
        .map(|info| info.name)
        .collect();
    assert!(compared.is_empty() || missing.is_empty(), "there is no published schema of {missing:?}");
}

#[test]
fn the_schema_files_say_what_the_definitions_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let repair = "run `cargo run -p kaa-protocol --example schemas -- crates/kaa-protocol/schemas`";
    let mut expected: BTreeSet<PathBuf> = BTreeSet::new();
    for info in RECORDS {
        let file = root.join(info.schema_file());
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(text.trim_end(), info.schema(), "{} is not up to date: {repair}", file.display());
        expected.insert(file);
    }
    let folders = fs::read_dir(root).unwrap().map(|folder| folder.unwrap().path());
    let files: BTreeSet<_> =
        folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|file| file.unwrap().path())).collect();
    assert_eq!(files, expected, "a schema of no record");
}
