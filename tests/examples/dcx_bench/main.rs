//! What it costs to collect samples that somebody stores, beside the same flow written by hand: `cargo xtask
//! bench dcx` builds everything with the release profile and runs this.
//!
//! ```text
//! devices ── ClientData ──► transmitter ── DataSamplesEvent ──────► receiver ── SQLite
//!         ◄─ ExtensionData ─            ◄─ DataSamplesProcessed ───         ── TimeSeriesEvent ──► anybody
//! ```
//!
//! Each end is the service (dcx, epts) or the program by hand, since they speak the same protocol: bare
//! async-nats, Avro in a straight line, and rusqlite with group commit on the schema of epts. All are processes
//! of their own, share the machine and one nats-server, and their CPU time is from the scheduler's statistics.
//! Rounds are interleaved, and a ratio is taken within a round. The program by hand does what this flow needs
//! and checks nothing: no limits, no deadlines, no order of an endpoint's requests, no sample but flat objects of
//! numbers, no counts, no REST, and it waits for ever. It is what the rest is measured against, not an
//! alternative.

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
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a benchmark, read by a person"
)]

mod load;
mod receiver;
mod services;
mod table;
mod transmitter;
mod wire;

use std::path::Path;

use kaa_tests::nats_server::NatsServer;
use services::Program;
use table::Table;

const DEVICES: usize = 1_000;
/// Batches that are on their way at the same time, each of another device.
const WINDOW: usize = 256;
/// Samples of a batch.
const SAMPLES: usize = 10;
const WARM_UP: usize = 5_000;
const BATCHES: usize = 20_000;
const ROUNDS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["by-hand", "transmitter", url] => transmitter::run(url).await,
        ["by-hand", "receiver", url] => receiver::run(url).await,
        [] => compare().await,
        _ => panic!("there are no arguments"),
    }
}

async fn compare() {
    // They were built beside `examples`, where this program is.
    let programs = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned();
    let service = |name| Program::Service(programs.join(name));
    let (by_hand, dcx, epts) = (Program::ByHand, service("dcx"), service("epts"));
    let pairs = [(&by_hand, &by_hand), (&dcx, &by_hand), (&by_hand, &epts), (&dcx, &epts)];
    println!(
        "{DEVICES} devices, {SAMPLES} samples a batch, {WINDOW} batches on their way, {BATCHES} batches a round"
    );
    let mut table = Table::new(pairs.iter().map(|(from, to)| format!("{from} -> {to}")).collect());
    for round in 1..=ROUNDS {
        eprint!("\rround {round} of {ROUNDS} ");
        let mut costs = Vec::new();
        for (transmitter, receiver) in pairs {
            let server = NatsServer::start().await;
            let receiver = receiver.start("receiver", &server);
            let transmitter = transmitter.start("transmitter", &server);
            costs.push(load::measure(&server, transmitter.process(), receiver.process()).await);
        }
        table.add(costs);
    }
    eprintln!();
    println!("\n{table}");
}
