//! `cargo xtask instructions`: what the codec costs per message, beside what it may cost.
//! `cargo xtask instructions sdk`: what an extension costs ([`sdk`]).
//!
//! Counted under valgrind, where the machine and its load do not matter. Each operation runs twice
//! with different iteration counts; the difference belongs to the operation alone, without the start
//! of the process.
//!
//! Two operations have limits in instructions. The [`records`] of the protocols that carry the traffic
//! have theirs in instructions per byte.

mod records;
pub(crate) mod sdk;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::failure::Failure;
use crate::process::{self, Written};
use crate::valgrind;
use crate::workspace::Workspace;

const FEW: u64 = 1_000;
const MANY: u64 = 3_000;

/// One operation of `codec_cost` and its limits.
struct Operation {
    argument: &'static str,
    purpose: &'static str,
    instructions: u64,
    allocations: u64,
}

const OPERATIONS: [Operation; 2] = [
    Operation {
        argument: "decode",
        purpose: "decode ClientData, 200-byte payload",
        instructions: 800,
        allocations: 0,
    },
    Operation { argument: "encode", purpose: "encode ExtensionData", instructions: 900, allocations: 1 },
];

/// A tool of valgrind and the line of its report that holds the count.
struct Counter {
    unit: &'static str,
    tool: &'static [&'static str],
    before: &'static str,
    after: &'static str,
}

const INSTRUCTIONS: Counter = Counter {
    unit: "instructions",
    tool: &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
    before: "Collected :",
    after: "",
};

/// Memcheck counts every malloc, calloc and realloc of the process.
const ALLOCATIONS: Counter = Counter {
    unit: "allocations",
    tool: &["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"],
    before: "total heap usage:",
    after: "allocs",
};

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let codec_cost = counted(workspace)?.join("codec_cost");
    let mut over = Vec::new();
    for operation in &OPERATIONS {
        println!("{}", operation.purpose);
        for (counter, limit) in
            [(&INSTRUCTIONS, operation.instructions), (&ALLOCATIONS, operation.allocations)]
        {
            let cost = counter.of_one(&codec_cost, operation.argument, None)?;
            println!("  {cost:>9} {:<13} at most {limit:>5}", counter.unit);
            if cost > Cost::whole(limit) {
                over.push(format!("{}: {cost} {} instead of {limit}", operation.purpose, counter.unit));
            }
        }
    }
    over.extend(records::over(&codec_cost)?);
    if over.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("the codec costs more than it may:\n  {}", over.join("\n  ")),
        "Find the change with `valgrind --tool=callgrind` on `codec_cost` of kaa-bench-sdk, and `callgrind_annotate`.",
    ))
}

/// Builds what is counted, and no more than that; where it is.
fn counted(workspace: &Workspace) -> Result<PathBuf, Failure> {
    valgrind::find_or_install()?;
    process::run(
        &mut workspace.cargo([
            "build",
            "--quiet",
            "--release",
            "--package",
            "kaa-bench-sdk",
            "--no-default-features",
        ]),
        "Correct what the compiler found.",
    )?;
    workspace.programs_of("release")
}

impl Counter {
    /// What one operation costs; with the message it was measured with, or with that of a record.
    fn of_one(&self, codec_cost: &Path, operation: &str, record: Option<&str>) -> Result<Cost, Failure> {
        let total = |iterations| self.total(codec_cost, operation, iterations, record);
        // At the same time: most of it is the start of valgrind.
        let (few, many) = thread::scope(|scope| {
            let few = scope.spawn(|| total(FEW));
            let many = total(MANY);
            (few.join(), many)
        });
        Cost::of_one(few.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?, many?)
    }

    /// The count of one whole process.
    fn total(
        &self,
        codec_cost: &Path,
        operation: &str,
        iterations: u64,
        record: Option<&str>,
    ) -> Result<u64, Failure> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(self.tool).arg(codec_cost).args([operation, &iterations.to_string()]).args(record);
        let Written { stderr, .. } = process::read(&mut valgrind)?;
        self.in_report(&stderr).ok_or_else(|| {
            Failure::new(
                format!("valgrind's report has no line `{} <number>`.", self.before),
                format!("It wrote: {}", stderr.trim()),
            )
        })
    }

    /// The number after `before`, and before `after`, in a report of valgrind. Its lines start with
    /// the process ID (`==17==`), and memcheck groups digits with commas.
    fn in_report(&self, report: &str) -> Option<u64> {
        report.lines().find_map(|line| {
            let (_, rest) = line.strip_prefix("==")?.split_once(self.before)?;
            let mut words = rest.split_whitespace();
            let number = words.next()?.replace(',', "").parse().ok()?;
            words.next().unwrap_or_default().starts_with(self.after).then_some(number)
        })
    }
}

/// What one operation costs, in thousandths and rounded up: one allocation in a thousand messages is
/// more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cost(u64);

impl Cost {
    const fn whole(count: u64) -> Self {
        Self(count * 1_000)
    }

    /// The share of one of the `MANY - FEW` additional operations.
    fn of_one(few: u64, many: u64) -> Result<Self, Failure> {
        match many.checked_sub(few) {
            Some(difference) => Ok(Self((difference * 1_000).div_ceil(MANY - FEW))),
            None => Err(Failure::new(
                format!("{FEW} iterations cost {few} and {MANY} only {many}."),
                "codec_cost has to do its operation as often as its second argument says.",
            )),
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLGRIND: &str = "\
==4242== Callgrind, a call-graph generating cache profiler
==4242== Command: target/release/codec_cost decode 10000
==4242== 
==4242== Events    : Ir
==4242== Collected : 14213377
==4242== 
==4242== I   refs:      14,213,377
";

    const MEMCHECK: &str = "\
==77== Memcheck, a memory error detector
==77== HEAP SUMMARY:
==77==     in use at exit: 0 bytes in 0 blocks
==77==   total heap usage: 10,012 allocs, 10,012 frees, 2,345,678 bytes allocated
";

    #[test]
    fn the_instructions_are_read_from_a_report_of_callgrind() {
        assert_eq!(INSTRUCTIONS.in_report(CALLGRIND), Some(14_213_377));
    }

    #[test]
    fn the_allocations_are_read_from_a_report_of_memcheck() {
        assert_eq!(ALLOCATIONS.in_report(MEMCHECK), Some(10_012));
    }

    #[test]
    fn a_report_without_the_count_is_no_count() {
        assert_eq!(INSTRUCTIONS.in_report(MEMCHECK), None);
        assert_eq!(ALLOCATIONS.in_report(CALLGRIND), None);
        assert_eq!(ALLOCATIONS.in_report("==1== total heap usage: many allocs"), None);
        assert_eq!(ALLOCATIONS.in_report("==1== total heap usage: 12 frees"), None);
        assert_eq!(INSTRUCTIONS.in_report("Collected : 12, says the program itself"), None);
    }

    #[test]
    fn the_cost_of_starting_the_process_drops_out() {
        let cost = Cost::of_one(200_000 + FEW * 1_136, 200_000 + MANY * 1_136).unwrap();
        assert_eq!(cost, Cost::whole(1_136));
        assert_eq!(cost.to_string(), "1136.000");
    }

    #[test]
    fn a_rare_allocation_is_not_rounded_away() {
        assert_eq!(Cost::of_one(12, 12).unwrap(), Cost::whole(0));
        assert_eq!(Cost::of_one(12, 13).unwrap().to_string(), "0.001");
        assert!(Cost::of_one(12, 13).unwrap() > Cost::whole(0));
    }

    #[test]
    fn fewer_instructions_for_more_work_are_refused() {
        assert!(Cost::of_one(30, 10).is_err());
    }
}
