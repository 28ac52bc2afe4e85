//! What a byte of envelope costs, for every record of some protocols.
//!
//! The envelope of a message is its datum without the bytes that somebody else made (payload, content,
//! samples), which are neither looked at nor copied.

use std::path::Path;
use std::process::Command;

use super::{ALLOCATIONS, Cost, INSTRUCTIONS};
use crate::failure::Failure;
use crate::process;

/// The protocols that carry the traffic of a platform.
const PROTOCOLS: [&str; 3] = ["4/ESP/", "6/CDTP/", "13/DSTP/"];

/// An operation, and its limits for one message.
struct Operation {
    argument: &'static str,
    /// For each byte of envelope, in tenths.
    instructions: u64,
    allocations: u64,
}

const OPERATIONS: [Operation; 2] = [
    Operation { argument: "decode", instructions: 115, allocations: 0 },
    Operation { argument: "encode", instructions: 73, allocations: 1 },
];

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
    if records.is_empty() {
        let remedy = "`codec_cost list` has to print a name and two sizes for every record.";
        return Err(Failure::new(
            format!("no record of {} is listed:\n{listed}", PROTOCOLS.join(" ")),
            remedy,
        ));
    }

    let mut over = Vec::new();
    for Operation { argument: operation, instructions, allocations: most } in OPERATIONS {
        println!("{operation}, per byte of envelope at most {}.{}", instructions / 10, instructions % 10);
        for Record { name, envelope } in &records {
            let cost = INSTRUCTIONS.of_one(codec_cost, operation, Some(name))?;
            let limit = limit(instructions, *envelope);
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

/// What a record may cost at so many tenths for each byte of its envelope.
fn limit(tenths: u64, envelope: u64) -> Cost {
    Cost(tenths * envelope * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_record_may_cost_goes_with_its_envelope() {
        assert_eq!(limit(115, 100), Cost::whole(1_150));
        assert_eq!(limit(73, 1).to_string(), "7.300");
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
