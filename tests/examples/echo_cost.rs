//! What an extension costs beside a bare async-nats echo, both in one run.
//!
//! ```text
//! cargo run --release -p kaa-tests --example echo_cost
//! ```
//!
//! Starts a nats-server, then in turn two responders as processes of their own, each on one thread:
//! `bare` gives every payload back to its reply subject, `extension` is a resource that takes a
//! `Payload` and returns it. A generator keeps 256 requests in flight. CPU time is the responder's
//! own, from the scheduler's statistics (Linux), per message; the ratio is taken within a round.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark, read by a person"
)]

use std::process::Command;
use std::time::Instant;

use async_nats::Client;
use bytes::Bytes;
use futures_util::StreamExt;
use kaa_bus::{Bus, NatsOptions};
use kaa_ext::prelude::*;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, Revision};
use kaa_tests::measured::Measured;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;

const SUBJECT: &str = "kaa.v1.service.bench.esp.ClientData";
const REPLY_TO: &str = "kaa.v1.replica.generator.esp.ExtensionData";
const ROUNDS: usize = 5;
const WINDOW: usize = 256;
const WARM_UP: usize = 20_000;
const MESSAGES: usize = 300_000;

#[resource("/json")]
async fn echo(payload: Payload) -> Payload {
    payload
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare", url] => bare(url).await,
        ["extension", url] => extension(url).await,
        _ => compare().await,
    }
}

async fn bare(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(SUBJECT, "bench".to_owned()).await.unwrap();
    while let Some(request) = requests.next().await {
        client.publish(request.reply.unwrap(), request.payload).await.unwrap();
    }
}

async fn extension(url: &str) {
    let bus = Bus::nats(NatsOptions::new(url).unwrap()).await.unwrap();
    let extension = Extension::new("bench").resources(resources![echo]).build().unwrap();
    extension.serve(bus).await.unwrap();
}

async fn compare() {
    let server = NatsServer::start().await;
    let generator = Generator::new(&server).await;
    println!("CPU per message, {MESSAGES} messages of {} bytes, {WINDOW} in flight", generator.datum.len());
    for round in 1..=ROUNDS {
        let (bare, bare_rate) = generator.measure("bare", &server).await;
        let (extension, rate) = generator.measure("extension", &server).await;
        println!(
            "round {round}: bare {bare:.3} us ({bare_rate:.0}/s), extension {extension:.3} us ({rate:.0}/s), \
             ratio {:.2}",
            extension / bare
        );
    }
}

struct Generator {
    client: Client,
    datum: Bytes,
}

impl Generator {
    async fn new(server: &NatsServer) -> Self {
        let payload = [b'x'; 200];
        let data = ClientData {
            correlation_id: "07d78e95-2c4d-4899-957c-b9e5a3701fbb",
            app_version_name: "humidity-sensor-v3",
            endpoint_id: Some("7ad263ec-3347-4c7d-af89-50c67061367a"),
            resource_path: "/json",
            request_id: Some(42),
            payload: &payload,
            ..ClientData::default()
        };
        let client = async_nats::connect(server.url()).await.unwrap();
        Self { client, datum: data.encode(Revision::Seed).unwrap() }
    }

    async fn ask(&self) {
        self.client.publish_with_reply(SUBJECT, REPLY_TO, self.datum.clone()).await.unwrap();
    }

    /// Microseconds of CPU per message, and messages per second.
    async fn measure(&self, kind: &str, server: &NatsServer) -> (f64, f64) {
        let responder = start(kind, server);
        let mut answers = self.client.subscribe(REPLY_TO).await.unwrap();
        let listening = async {
            // Nobody answers until the responder has subscribed.
            loop {
                if self.client.request(SUBJECT, self.datum.clone()).await.is_ok() {
                    break;
                }
            }
        };
        soon("the responder to listen", listening).await;
        for _ in 0..WINDOW {
            self.ask().await;
        }
        for _ in 0..WARM_UP {
            answers.next().await.unwrap();
            self.ask().await;
        }
        let (cpu, started) = (responder.cpu(), Instant::now());
        for _ in 0..MESSAGES {
            answers.next().await.unwrap();
            self.ask().await;
        }
        let elapsed = started.elapsed().as_secs_f64();
        let cpu = responder.cpu() - cpu;
        for _ in 0..WINDOW {
            answers.next().await.unwrap();
        }
        (cpu.as_secs_f64() * 1e6 / MESSAGES as f64, MESSAGES as f64 / elapsed)
    }
}

/// This program again, as a responder.
fn start(kind: &str, server: &NatsServer) -> Measured {
    Measured::start(Command::new(std::env::current_exe().unwrap()).args([kind, &server.url()]))
}
