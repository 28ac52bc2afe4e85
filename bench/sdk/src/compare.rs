//! All responders beside each other: the table, and the same as JSON.

use std::path::Path;

use kaa_tests::nats_server::NatsServer;

use crate::counts::Counts;
use crate::foreign::Foreign;
use crate::report::{self, Row};
use crate::rounds::{self, Who};

pub(crate) fn run(rounds: usize, file: &Path) {
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
    for missing in Foreign::ALL.into_iter().filter(|foreign| foreign.libraries().is_none()) {
        println!("\n{} is not in the table: its libraries could not be installed", missing.name());
    }
    let json = serde_json::to_string_pretty(&report::json(&rows)).unwrap();
    std::fs::write(file, json + "\n").unwrap();
}
