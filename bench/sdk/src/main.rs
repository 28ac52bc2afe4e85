//! What an extension costs beside a bare async-nats client that answers the same messages.
//!
//! ```text
//! direct:   load generator, which plays the NATS server (core 0) ◄──► responder (core 1)
//! through:  load generator ◄──► nats-server ◄──► responder
//! ```
//!
//! Directly, the responder is the bottleneck, and what is measured is the responder alone: its CPU time per
//! message separates SDKs to a few per cent. Through a server, which costs more than most responders, it is seen
//! what is left of that. Every responder is a process of its own, and is measured beside all others in each round.
//!
//! | module | one idea |
//! |---|---|
//! | [`workload`] | the message that is asked, and what is a right answer to it |
//! | [`respond`] | who answers: one subcommand for each |
//! | [`foreign`] | responders that are not written in Rust |
//! | [`responder`] | a responder as a process: where it runs, what it takes |
//! | [`wire`] | a socket that carries the NATS protocol |
//! | [`peer`] | the two parts that the generator plays: the server, and a client |
//! | [`server`] | what of a server a responder needs that nobody asks yet |
//! | [`load`] | how it asks: so many at a time, or at their time whether or not answers have come |
//! | [`rounds`] | the measured rounds |
//! | [`compare`](mod@compare) | all responders beside each other |
//! | [`trial`] | a few of them beside each other, in short rounds |
//! | [`tables`] | which those are |
//! | [`counts`] | instructions and allocations per message, counted by valgrind |
//! | [`gate`](mod@gate) | what of the counts may not grow |
//! | [`report`] | the table, and the same as JSON |

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a benchmark, read by a person"
)]
// Some of what asks and measures is for the comparison alone.
#![cfg_attr(
    not(feature = "compare"),
    allow(dead_code, reason = "the small build counts, and compares nothing")
)]

#[cfg(feature = "compare")]
mod compare;
mod counts;
#[cfg(feature = "compare")]
mod foreign;
mod gate;
mod load;
mod peer;
#[cfg(feature = "compare")]
mod report;
mod respond;
mod responder;
#[cfg(feature = "compare")]
mod rounds;
mod server;
#[cfg(feature = "compare")]
mod tables;
#[cfg(feature = "compare")]
mod trial;
mod wire;
mod workload;

use std::path::Path;
use std::process::ExitCode;

use respond::Kind;

const USAGE: &str = "bench-sdk compare <rounds> <JSON file>   all responders beside each other
bench-sdk variants <rounds>             what async-nats offers, beside its defaults
bench-sdk shards <rounds>               two threads and connections beside one
bench-sdk concurrency <rounds>          requests at the same time beside one after another
bench-sdk gate                          instructions and allocations, beside their limits
bench-sdk record <kind> <messages> <file>   what callgrind sees of a responder
bench-sdk respond <kind> <url> <threads>    one responder";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let kind = |name: &str| name.parse::<Kind>().unwrap_or_else(|error| panic!("{error}"));
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        #[cfg(feature = "compare")]
        ["compare", rounds, file] => {
            compare::run(rounds.parse().expect("a number of rounds"), Path::new(file))
        }
        #[cfg(feature = "compare")]
        [table @ ("variants" | "shards" | "concurrency"), rounds] => {
            let trials = match table {
                "variants" => tables::variants(),
                "shards" => tables::shards(),
                _ => tables::concurrency(),
            };
            trial::run(&trials, rounds.parse().expect("a number of rounds"));
        }
        ["gate"] => return gate(),
        ["record", name, messages, file] => {
            counts::record(kind(name), messages.parse().expect("a number of messages"), Path::new(file));
        }
        ["respond", name, url, threads] => {
            respond::run(kind(name), url, threads.parse().expect("a number of threads"));
        }
        #[cfg(feature = "compare")]
        ["respond-variant", name, url] => {
            respond::variant::Variant::named(name).expect("the name of a variant").run(url);
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn gate() -> ExitCode {
    let over = gate::check();
    for line in &over {
        eprintln!("{line}");
    }
    if over.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
