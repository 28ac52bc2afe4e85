//! Instructions and allocations per message, counted by valgrind: the machine and its load do not matter.
//!
//! A responder is asked in bursts, twice: a few messages, and many. What the second run has more belongs to the
//! messages alone, without the start of the process.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::NamedTempFile;

use crate::load;
use crate::respond::Kind;
use crate::responder::Responder;
use crate::workload::Answers;

/// As many as tokio hands over before it lets other tasks run, so the same on every run.
const BURST: u32 = 64;
const FEW: u32 = 50 * BURST;
const MANY: u32 = 150 * BURST;

/// What one message takes: user space only, the client library included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Counts {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
}

impl Counts {
    pub(crate) fn of(kind: Kind) -> Self {
        Self::of_command(kind.answers(), |url| kind.command(url))
    }

    /// Of a responder that is made from the URL of its server.
    pub(crate) fn of_command(answers: Answers, command: impl Fn(&str) -> Command) -> Self {
        let whole = |messages| {
            let file = NamedTempFile::new().unwrap();
            recorded(answers, &command, messages, file.path());
            let recorded = fs::read_to_string(file.path()).unwrap();
            Whole::read(&recorded).expect("callgrind has counted until the responder ended")
        };
        let (few, many) = (whole(FEW), whole(MANY));
        let one = |few: u64, many: u64| {
            let more = many.checked_sub(few).expect("more messages take more");
            more as f64 / f64::from(MANY - FEW)
        };
        Self {
            instructions: one(few.instructions, many.instructions),
            allocations: one(few.allocations, many.allocations),
        }
    }
}

/// Everything that one process did.
#[derive(Debug, PartialEq, Eq)]
struct Whole {
    instructions: u64,
    allocations: u64,
}

/// Has callgrind write what a responder does for so many messages; `callgrind_annotate` shows it line by line.
pub(crate) fn record(kind: Kind, messages: u32, file: &Path) {
    recorded(kind.answers(), |url| kind.command(url), messages, file);
}

fn recorded(answers: Answers, command: impl Fn(&str) -> Command, messages: u32, file: &Path) {
    let mut responder = Responder::direct(|url| {
        let counted = command(url);
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--tool=callgrind"]);
        valgrind.arg(format!("--callgrind-out-file={}", file.display()));
        valgrind.arg(counted.get_program()).args(counted.get_args());
        valgrind
    });
    load::bursts(&mut responder.peer, answers, BURST, messages);
    responder.end();
}

/// The functions of the system's allocator that give memory.
const ALLOCATORS: [&str; 5] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"];

impl Whole {
    /// Reads callgrind's file, in which a function has a number, and its name where it is first mentioned.
    fn read(recorded: &str) -> Option<Self> {
        let (mut names, mut called) = (HashMap::new(), "");
        let (mut instructions, mut allocations) = (None, 0);
        for line in recorded.lines() {
            if let Some((kind @ ("fn" | "cfn"), function)) = line.split_once('=') {
                let (number, name) = function.split_once(' ').unwrap_or((function, ""));
                let known = names.entry(number).or_insert(name);
                if kind == "cfn" {
                    called = *known;
                }
            } else if let Some(calls) = line.strip_prefix("calls=") {
                if ALLOCATORS.contains(&called) {
                    allocations += calls.split(' ').next()?.parse::<u64>().ok()?;
                }
            } else if let Some(total) = line.strip_prefix("totals: ") {
                instructions = total.parse().ok();
            }
        }
        Some(Self { instructions: instructions?, allocations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = "\
events: Ir

fn=(1) main
10 5
cfn=(2) malloc
calls=3 0
10 60
fn=(2)
0 60
fn=(3) grow
cfn=(4) realloc
calls=2 0
11 20
cfn=(1)
calls=7 0
11 20
cfn=(2)
calls=1 0
12 20

totals: 12345
";

    #[test]
    fn instructions_and_allocations_are_read_from_what_callgrind_has_recorded() {
        assert_eq!(Whole::read(RECORDED), Some(Whole { instructions: 12_345, allocations: 6 }));
        assert_eq!(Whole::read("fn=(1) main\n"), None, "it was killed before it could write");
    }
}
