//! What the communication service costs, beside a bare async-nats client that asks the same: `cargo xtask
//! bench kpc` builds everything with the release profile and runs this.
//!
//! ```text
//! load generator ── MQTT, HTTP ──► kaa-kpc ──┐
//!                                            ├─► nats-server ──► quickstart /echo
//!                            bare client ────┘
//! ```
//!
//! All are processes of their own and share the machine. CPU time is that of `kaa-kpc` and of the yardsticks,
//! from the scheduler's statistics, per request; rounds are interleaved and the ratio is taken within a round.
//!
//! The bare client that does the same exchange has a connection for each device, as devices have. Beside it
//! stand one with a single connection, which reads and writes many requests with one system call, and a server
//! that only gives back what the devices send: together they are the least that a front end can cost, without
//! looking at a byte. Latency is measured at 30 % of the rate that the closed loop reached in the same run, sent on
//! schedule whether or not answers have come.

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
    reason = "a benchmark, read by a person"
)]

mod bare;
mod http;
mod idle;
mod latency;
mod load;
mod mqtt;
mod service;
mod table;

use std::path::Path;
use std::time::Duration;

use bare::{Connections, Sockets};
use kaa_tests::nats_server::NatsServer;
use load::{Device, Exchange};
use service::{Extension, Kpc};
use table::Table;

/// Devices that ask at the same time, each on a connection of its own and one request at a time.
const DEVICES: usize = 64;
const PAYLOAD: usize = 200;
const WARM_UP: usize = 20_000;
const REQUESTS: usize = 100_000;
const ROUNDS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare-each", url] => bare::run(url, Connections::Each).await,
        ["bare-shared", url] => bare::run(url, Connections::Shared).await,
        ["sockets", address] => bare::run_sockets(address).await,
        _ => compare().await,
    }
}

async fn compare() {
    // They were built beside `examples`, where this program is.
    let programs = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned();
    let server = NatsServer::start().await;
    let _extension = Extension::start(&programs, &server).await;
    println!("{DEVICES} devices, one request of {PAYLOAD} bytes each at a time, {REQUESTS} requests a round");
    let mut table = Table::new();
    for round in 1..=ROUNDS {
        eprint!("\rround {round} of {ROUNDS} ");
        let each = bare::measure(&server, Connections::Each);
        let shared = bare::measure(&server, Connections::Shared);
        let sockets = Sockets::start().await;
        let sockets = load::measure(sockets.process(), sockets.address(), Exchange::Sockets).await;
        let mut costs = vec![each, shared, sockets];
        for exchange in [Exchange::Mqtt0, Exchange::Mqtt1, Exchange::Http] {
            let kpc = Kpc::start(&programs, &server).await;
            costs.push(load::measure(kpc.process(), kpc.address(exchange), exchange).await);
        }
        table.add(costs);
    }
    eprintln!();
    println!("\n{table}");

    let kpc = Kpc::start(&programs, &server).await;
    let rate = 0.3 * table.slowest();
    println!(
        "latency at {rate:.0} requests a second, 30 % of the slowest closed loop (goal: p99 at most 3 x p50):"
    );
    let span = Duration::from_secs(10);
    let mut bare = Vec::new();
    for number in 0..DEVICES {
        bare.push(Device::Bare(bare::Device::connect(&server.url(), number).await));
    }
    println!("  {:<12} {}", "bare client", latency::measure(bare, rate, span).await);
    for (name, exchange) in [("MQTT QoS 0", Exchange::Mqtt0), ("HTTP", Exchange::Http)] {
        let mut devices = Vec::new();
        for number in 0..DEVICES {
            devices.push(Device::connect(kpc.address(exchange), exchange, number).await);
        }
        println!("  {name:<12} {}", latency::measure(devices, rate, span).await);
    }
    drop(kpc);

    println!("\nidle connections (goals: 10,000 in at most 5 s without a failure, at most 120 MB):");
    let kpc = Kpc::start(&programs, &server).await;
    println!("  {}", idle::measure(&kpc, 10_000).await);
}
