//! Ten times as many requests as an extension can handle: how many does it still handle, what do the others hear, and
//! how soon is everything as before?

use std::env;
use std::process::Command;
use std::time::Duration;

use kaa_ext::logs::log_to_stderr;
use kaa_ext::prelude::*;
use kaa_ext::{Config, Limits, resources};
use kaa_tests::measured::Measured;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::open_loop::{OpenLoop, Outcome, Question, is_success};
use kaa_tests::patience::soon;
use tokio::time::Instant;

/// How many requests the extension takes on at once.
const LIMIT: u16 = 64;

/// What its handlers do, and how many of them it can do in a second at most.
const KINDS: [(&str, u32); 2] = [("/wait", 20 * LIMIT as u32), ("/compute", 1_000)];

/// As one that asks a database.
#[resource("/wait")]
async fn wait() -> () {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// The worst there is: nothing else happens meanwhile.
#[resource("/compute")]
async fn compute() -> () {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1) {
        std::hint::spin_loop();
    }
}

/// Is the extension, until SIGTERM.
pub(crate) async fn serve() {
    let limits = Limits { requests: LIMIT.into(), ..Limits::default() };
    let extension = Extension::new("overloaded").resources(resources![wait, compute]).limits(limits);
    log_to_stderr();
    // The command line is that of the experiment.
    extension.run_with(&Config::load().unwrap()).await.unwrap();
}

/// Whether every request was answered, and most of what could be handled was.
pub(crate) async fn run() -> bool {
    println!(
        "| handler | phase | asked for | sent | handled | refused (503) | not answered | slowest | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut kept = true;
    for (path, most) in KINDS {
        let server = NatsServer::start().await;
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg("overloaded").env("NATS_URLS", server.url()).env("ADMIN_LISTEN", "off");
        let service = Measured::start(command.env("RUST_LOG", "warn"));
        let question = Question { service: "overloaded", path, is_answer: is_success };
        soon("the extension", is_there(&server, question)).await;
        let phase = async |name: &str, rate: u32, seconds: u64| {
            let asking = OpenLoop::start(&server.url(), question, rate).await;
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            let memory = service.memory() >> 20;
            let outcome = asking.finish().await;
            let Outcome { sent, refused, lost, slowest, .. } = outcome;
            let handled = per_second(&outcome);
            println!(
                "| `{path}` | {name} | {rate}/s | {sent} | {handled:.0}/s | {refused} | {lost} | {slowest:.0?} | {memory} MB |"
            );
            outcome
        };
        phase("before", most / 2, 3).await;
        let full = phase("as much as it can", most * 3 / 2, 5).await;
        let storm = phase("ten times that", most * 10, 10).await;
        let after = phase("behind it", most / 2, 3).await;
        kept &= storm.lost + full.lost + after.failed() == 0 && per_second(&storm) >= 0.9 * per_second(&full);
    }
    kept
}

fn per_second(outcome: &Outcome) -> f64 {
    outcome.answered as f64 / outcome.took.as_secs_f64()
}

async fn is_there(server: &NatsServer, question: Question) {
    loop {
        let mut asking = OpenLoop::start(&server.url(), question, 10).await;
        let answered = tokio::time::timeout(Duration::from_millis(500), asking.goes_on(1)).await;
        asking.finish().await;
        if answered.is_ok() {
            return;
        }
    }
}
