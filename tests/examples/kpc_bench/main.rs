//! What the communication service costs, beside a bare async-nats client that asks the same: `cargo xtask
//! bench kpc` builds everything with the release profile and runs this.
//!
//! ```text
//! load generator ── MQTT, HTTP ──► kaa-kpc ──┐
//!                                            ├─► nats-server ──► quickstart /echo
//!                            bare client ────┘
//! ```
//!
//! All are processes of their own and share the machine. CPU time is that of `kaa-kpc` and of the bare
//! client, from the scheduler's statistics, per request; rounds are interleaved and the ratio is taken within a
//! round. Latency is measured at 30 % of the rate that the closed loop reached in the same run, sent on
//! schedule whether or not answers have come.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
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

use std::path::Path;
use std::time::Duration;

use kaa_tests::nats_server::NatsServer;
use load::Exchange;
use service::{Extension, Kpc};

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
        ["bare", url] => bare::run(url).await,
        _ => compare().await,
    }
}

async fn compare() {
    // They were built beside `examples`, where this program is.
    let programs = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned();
    let server = NatsServer::start().await;
    let _extension = Extension::start(&programs, &server).await;
    println!(
        "{DEVICES} devices, one request of {PAYLOAD} bytes each at a time, {REQUESTS} requests a round\n"
    );
    println!(
        "round        bare us  req/s |  MQTT 0  ratio  req/s |  MQTT 1  ratio  req/s |    HTTP  ratio  req/s"
    );
    let mut ratios: [Vec<f64>; 3] = Default::default();
    let mut rate = f64::MAX;
    for round in 1..=ROUNDS {
        let bare = bare::measure(&server);
        print!("{round:>5}      {:>9.2} {:>6.0} ", bare.microseconds(), bare.rate());
        for (exchange, ratios) in
            [Exchange::Mqtt0, Exchange::Mqtt1, Exchange::Http].into_iter().zip(&mut ratios)
        {
            let kpc = Kpc::start(&programs, &server).await;
            let cost = load::measure(&kpc, exchange).await;
            let ratio = cost.microseconds() / bare.microseconds();
            print!("| {:>7.2} {ratio:>6.2} {:>6.0} ", cost.microseconds(), cost.rate());
            ratios.push(ratio);
            rate = rate.min(cost.rate());
        }
        println!();
    }
    println!("\nCPU of kaa-kpc per request, beside the bare client (goal: at most 2):");
    for (name, ratios) in ["MQTT QoS 0", "MQTT QoS 1", "HTTP"].into_iter().zip(&mut ratios) {
        ratios.sort_by(f64::total_cmp);
        println!("  {name:<11} {:.2} ({:.2} to {:.2})", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
    }

    let kpc = Kpc::start(&programs, &server).await;
    let rate = 0.3 * rate;
    println!(
        "\nlatency at {rate:.0} requests a second, 30 % of the slowest closed loop (goal: p99 at most 3 x p50):"
    );
    for (name, exchange) in [("MQTT QoS 0", Exchange::Mqtt0), ("HTTP", Exchange::Http)] {
        let found = latency::measure(&kpc, exchange, rate, Duration::from_secs(10)).await;
        println!("  {name:<11} {found}");
    }
    drop(kpc);

    println!("\nidle connections (goals: 10,000 in at most 5 s without a failure, at most 120 MB):");
    let kpc = Kpc::start(&programs, &server).await;
    println!("  {}", idle::measure(&kpc, 10_000).await);
}
