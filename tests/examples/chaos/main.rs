//! What the promises about faults are worth, on real processes: `cargo xtask chaos` builds everything and runs this.
//!
//! | arguments | module | what it does |
//! |---|---|---|
//! | `storm <minutes> <seed>` | [`storm`] | kills and freezes the platform's processes while devices send batches |
//! | `figures <repetitions>` | [`figures`] | measures what one fault of a nats-server costs those who ask |
//! | `drain <restarts>` | [`drain`] | replaces replicas under load, beside the same on async-nats alone |
//! | `overload` | [`overload`] | asks an extension ten times as much as it can handle |
//! | `overloaded` | [`overload`] | is that extension |
//! | `replica <way> <url> <name>` | [`replica`] | is one of those replicas |
//!
//! Exits with an error when a promise is broken.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "an experiment, read by a person"
)]

mod drain;
mod figures;
mod overload;
mod replica;
mod storm;

use std::process::ExitCode;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let kept = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["storm", minutes, seed] => storm::run(minutes.parse().unwrap(), seed.parse().unwrap()).await,
        ["figures", repetitions] => figures::run(repetitions.parse().unwrap()).await,
        ["drain", restarts] => drain::run(restarts.parse().unwrap()).await,
        ["overload"] => overload::run().await,
        ["overloaded"] => {
            overload::serve().await;
            true
        }
        ["replica", way, url, name] => {
            replica::run(way, url, name).await;
            true
        }
        _ => panic!("storm <minutes> <seed>, figures <repetitions>, drain <restarts> or overload"),
    };
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
