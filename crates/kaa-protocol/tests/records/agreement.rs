//! Random values of every record, in both directions between apache-avro and us.

use kaa_protocol::catalog::{RECORDS, RecordInfo};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::label;
use crate::oracle::{self, Block};
use crate::values::any_value;

/// Of each record.
const CASES: u32 = 96;

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    proptest::collection::vec((1..4_usize, any::<bool>()), 1..5)
}

/// Runs a property for every record of the catalogue; a failure names the record.
fn for_every_record<S: Strategy>(
    strategy: impl Fn(&'static RecordInfo) -> S,
    property: impl Fn(&RecordInfo, S::Value) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    for info in RECORDS {
        let outcome = TestRunner::new(config.clone()).run(&strategy(info), |value| property(info, value));
        if let Err(error) = outcome {
            panic!("{}: {error}", label(info));
        }
    }
}

#[test]
fn what_apache_avro_writes_we_write_and_it_reads() {
    let strategy = |info| (any_value(info), any::<prop::sample::Index>());
    for_every_record(strategy, |info, (value, cut)| {
        let schema = oracle::schema(info);
        let theirs = oracle::write(&schema, &value);
        prop_assert_eq!((info.check)(&theirs), Ok(0));
        let ours = (info.recode)(&theirs).unwrap();
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(oracle::read(&schema, &ours), value);

        let cut = theirs.slice(..cut.index(theirs.len()));
        // A ClientData of today has one prefix that is a record, of the seed.
        let may_be_record = info.name == "ClientData" && info.revision == Some("current");
        let is_record = (info.check)(&cut).is_ok();
        prop_assert!(!is_record || may_be_record, "the first {} bytes", cut.len());
        Ok(())
    });
}

#[test]
fn arrays_and_maps_arrive_in_blocks_of_any_size_and_kind() {
    let strategy = |info| (any_value(info), blocks());
    for_every_record(strategy, |info, (value, blocks)| {
        let schema = oracle::schema(info);
        let theirs = oracle::write_blocks(&value, &blocks);
        prop_assert_eq!(oracle::read(&schema, &theirs), value.clone(), "apache-avro reads the blocks");
        prop_assert_eq!((info.check)(&theirs), Ok(0));
        // At the outside one block is left; inside of items, what was sent.
        let ours = (info.recode)(&theirs).unwrap();
        prop_assert_eq!(oracle::read(&schema, &ours), value);
        prop_assert_eq!((info.recode)(&ours), Some(ours));
        Ok(())
    });
}
