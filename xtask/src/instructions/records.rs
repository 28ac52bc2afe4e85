//! What a byte of envelope costs: every record of some protocols, beside `ClientData`.
//!
//! The envelope of a message is its datum without the bytes that somebody else made (payload, content,
//! samples), which are neither looked at nor copied.

use std::path::Path;
use std::process::Command;

use super::{ALLOCATIONS, Cost, INSTRUCTIONS};
use crate::failure::Failure;
use crate::process;

/// What the others are compared with.
const REFERENCE: &str = "4/ESP/ClientData/seed";

/// The protocols that carry the traffic of a platform.
const PROTOCOLS: [&str; 3] = ["4/ESP/", "6/CDTP/", "13/DSTP/"];

/// An operation and how often it may allocate.
const OPERATIONS: [(&str, u64); 2] = [("decode", 0), ("encode", 1)];

/// How many times the reference a byte may cost, in tenths.
const LIMIT: u64 = 13;

/// A record as `codec_cost list` prints it.
struct Record {
    name: String,
    /// In bytes.
    envelope: u64,
}

impl Record {
    /// `name datum-size envelope-size`
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (name, _datum, envelope) = (words.next()?, words.next()?, words.next()?);
        Some(Self { name: name.to_owned(), envelope: envelope.parse().ok().filter(|size| *size > 0)? })
    }
}

/// What is above its limit.
pub(super) fn over(codec_cost: &Path) -> Result<Vec<String>, Failure> {
    let listed = process::read(Command::new(codec_cost).arg("list"))?.stdout;
    let mut records: Vec<_> = listed.lines().filter_map(Record::parse).collect();
    records.retain(|record| PROTOCOLS.iter().any(|protocol| record.name.starts_with(protocol)));
    let reference = records.iter().find(|record| record.name == REFERENCE).ok_or_else(|| {
        let remedy = "`codec_cost list` has to print a name and two sizes for every record.";
        Failure::new(format!("{REFERENCE} is not among the records:\n{listed}"), remedy)
    })?;

    let mut over = Vec::new();
    for (operation, most) in OPERATIONS {
        let usual = INSTRUCTIONS.of_one(codec_cost, operation, Some(REFERENCE))?;
        println!("{operation}, per byte of envelope at most {LIMIT} tenths of {REFERENCE}");
        for Record { name, envelope } in &records {
            let cost = INSTRUCTIONS.of_one(codec_cost, operation, Some(name))?;
            let limit = limit(usual, reference.envelope, *envelope);
            let allocations = ALLOCATIONS.of_one(codec_cost, operation, Some(name))?;
            println!(
                "  {cost:>9} instructions  at most {limit:>9}, {allocations} allocations  at most {most}  {name}"
            );
            if cost > limit {
                over.push(format!("{operation} {name}: {cost} instructions instead of {limit}"));
            }
            if allocations > Cost::whole(most) {
                over.push(format!("{operation} {name}: {allocations} allocations instead of {most}"));
            }
        }
    }
    Ok(over)
}

/// What a record may cost when the reference costs `usual`: both have an envelope, in bytes.
fn limit(usual: Cost, reference: u64, envelope: u64) -> Cost {
    let Cost(usual) = usual;
    Cost(usual * envelope * LIMIT / (reference * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_may_cost_three_tenths_more_than_in_the_reference() {
        let usual = Cost::whole(1_000);
        assert_eq!(limit(usual, 100, 100), Cost::whole(1_300));
        assert_eq!(limit(usual, 100, 50), Cost::whole(650));
        assert_eq!(limit(usual, 3, 1).to_string(), "433.333");
    }

    #[test]
    fn a_record_is_a_name_and_two_sizes() {
        let record = Record::parse("6/CDTP/ConfigRequest 145 140").unwrap();
        assert_eq!((record.name.as_str(), record.envelope), ("6/CDTP/ConfigRequest", 140));
        for line in ["", "6/CDTP/ConfigRequest", "a 1 b", "a 1 0"] {
            assert!(Record::parse(line).is_none(), "{line:?}");
        }
    }
}
