//! What it costs to collect samples that somebody stores, beside the same flow written by hand: `cargo xtask
//! bench dcx` builds everything with the release profile and runs this.
//!
//! ```text
//! devices ── ClientData ──► transmitter ── DataSamplesEvent ──────► receiver ── SQLite
//!         ◄─ ExtensionData ─            ◄─ DataSamplesProcessed ───
//! ```
//!
//! Both ends can be the service or the program by hand, since they speak the same protocol: bare async-nats,
//! Avro in a straight line, and rusqlite with group commit. All are processes of their own, share the machine
//! and one nats-server, and their CPU time is from the scheduler's statistics. Rounds are interleaved, and a
//! ratio is taken within a round. The program by hand checks nothing and waits for ever: no limits, no
//! deadlines, no order of an endpoint's requests. It is what the rest is measured against, not an alternative.
//!
//! The argument is the program of another receiver, such as `epts`; it is started in an empty directory.

#![allow(
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
        [] => compare(None).await,
        [receiver] => compare(Some(receiver)).await,
        _ => panic!("the only argument is the program of a receiver, such as epts"),
    }
}

async fn compare(receiver: Option<&str>) {
    // They were built beside `examples`, where this program is.
    let programs = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned();
    let dcx = Program::Service(programs.join("dcx"));
    let mut pairs = vec![(Program::ByHand, Program::ByHand), (dcx.clone(), Program::ByHand)];
    pairs.extend(receiver.map(|name| (dcx, Program::Service(programs.join(name)))));
    println!(
        "{DEVICES} devices, {SAMPLES} samples a batch, {WINDOW} batches on their way, {BATCHES} batches a round"
    );
    let mut table = Table::new(pairs.iter().map(|(from, to)| format!("{from} -> {to}")).collect());
    for round in 1..=ROUNDS {
        eprint!("\rround {round} of {ROUNDS} ");
        let mut costs = Vec::new();
        for (transmitter, receiver) in &pairs {
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
