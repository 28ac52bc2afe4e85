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
//! | [`counts`] | instructions and allocations per message, counted by valgrind |
//! | [`gate`](mod@gate) | what of the counts may not grow |
//! | [`report`] | the table, and the same as JSON |

#![allow(
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

mod counts;
mod foreign;
mod gate;
mod load;
mod peer;
mod report;
mod respond;
mod responder;
mod rounds;
mod server;
mod wire;
mod workload;

use std::path::Path;
use std::process::ExitCode;

use kaa_tests::nats_server::NatsServer;

use counts::Counts;
use report::Row;
use respond::Kind;
use rounds::Who;

const USAGE: &str = "bench-sdk compare <rounds> <JSON file>   all responders beside each other
bench-sdk gate                          instructions and allocations, beside their limits
bench-sdk record <kind> <messages> <file>   what callgrind sees of a responder
bench-sdk respond <kind> <url>          one responder";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let kind = |name: &str| name.parse::<Kind>().unwrap_or_else(|error| panic!("{error}"));
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["compare", rounds, file] => compare(rounds.parse().expect("a number of rounds"), Path::new(file)),
        ["gate"] => return gate(),
        ["record", name, messages, file] => {
            counts::record(kind(name), messages.parse().expect("a number of messages"), Path::new(file));
        }
        ["respond", name, url] => respond::run(kind(name), url),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn compare(rounds: usize, file: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(NatsServer::start());
    let mut rows: Vec<_> =
        Who::all().into_iter().map(|who| Row { who, rounds: Vec::new(), counts: None }).collect();
    for round in 1..=rounds {
        for row in &mut rows {
            eprintln!("round {round} of {rounds}: {}", row.who.name());
            row.rounds.push(rounds::measure(row.who, &server));
        }
    }
    for row in &mut rows {
        if let Who::Rust(kind) = row.who {
            eprintln!("counting: {kind}");
            row.counts = Some(Counts::of(kind));
        }
    }
    println!("{rounds} rounds on {}\n\n{}", report::machine(), report::table(&rows));
    for missing in foreign::Foreign::ALL.into_iter().filter(|foreign| foreign.libraries().is_none()) {
        println!("\n{} is not in the table: its libraries could not be installed", missing.name());
    }
    let json = serde_json::to_string_pretty(&report::json(&rows)).unwrap();
    std::fs::write(file, json + "\n").unwrap();
}

fn gate() -> ExitCode {
    let over = gate::check();
    for line in &over {
        eprintln!("{line}");
    }
    if over.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
