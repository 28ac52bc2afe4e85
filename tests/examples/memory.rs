//! What an extension holds in memory: `cargo run --release -p kaa-tests --example memory`.
//!
//! Each row is a process of its own, asked by way of a real nats-server. What the system says that it holds (VmRSS) is
//! compared with what it held before, so that the figures are those of the allocator too.

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an experiment, read by a person"
)]

use std::env;
use std::future::pending;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::{Client, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use kaa_ext::logs::log_to_stderr;
use kaa_ext::prelude::*;
use kaa_ext::{Config, Limits, resources};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, Revision};
use kaa_tests::measured::Measured;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;

/// As many questions as are open at a time.
const WINDOW: u32 = 1_024;

type Sessions = Arc<Mutex<Vec<Session>>>;

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

#[resource("/wait")]
async fn wait(_payload: Payload) -> () {
    pending().await
}

#[resource("/slow")]
async fn slow(payload: Payload) -> Payload {
    tokio::time::sleep(Duration::from_secs(3)).await;
    payload
}

#[resource("/observe")]
async fn observe(session: Session, State(sessions): State<Sessions>) -> () {
    session.pin();
    sessions.lock().unwrap().push(session);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if env::args().nth(1).is_some() {
        let limits =
            Limits { requests: 100_000, handler_timeout: Duration::from_secs(600), ..Limits::default() };
        let extension = Extension::new("memory").state(Sessions::default()).limits(limits);
        log_to_stderr();
        // The command line is that of the measurement.
        let extension = extension.resources(resources![echo, wait, slow, observe]);
        extension.run_with(&Config::load().unwrap()).await.unwrap();
        return;
    }
    let server = NatsServer::start().await;
    println!("| what | held | each | goal |");
    println!("|---|---|---|---|");
    // One at a time: they would share the requests.
    let row = |what: &str, held: u64, count: Option<u32>, goal: &str| {
        let each = count.map_or_else(String::new, |count| format!("{:.0} B", held as f64 / f64::from(count)));
        println!("| {what} | {:.1} MB | {each} | {goal} |", held as f64 / 1e6);
    };

    let place = Place::start(&server).await;
    row("a service that has answered one request", place.held(), None, "8 MB");
    drop(place);

    let (mut place, count) = (Place::start(&server).await, 50_000);
    let before = place.held();
    place.send(count, |_| "/wait").await;
    // It comes behind them, so they have all begun to wait.
    place.ask(1, |_| "/echo").await;
    row("50,000 requests of 200 bytes whose handlers wait", place.held() - before, Some(count), "2 kB each");
    drop(place);

    let (mut place, count) = (Place::start(&server).await, 600_000);
    place.ask(count, |_| "/echo").await;
    let before = place.held();
    // In less than three seconds, so that none of them has ended.
    place.ask_all_but(count / 150, count, |number| if number % 150 == 0 { "/slow" } else { "/echo" }).await;
    row(
        "4,000 slow requests, each among 150 fast ones",
        place.held() - before,
        Some(count / 150),
        "4 kB each",
    );
    drop(place);

    let (mut place, count) = (Place::start(&server).await, 100_000);
    let before = place.held();
    place.ask(count, |_| "/observe").await;
    row("100,000 idle sessions that are pinned", place.held() - before, Some(count), "40 MB");
    drop(place);

    let mut place = Place::start(&server).await;
    place.ask(1_000_000, |_| "/echo").await;
    let before = place.held();
    place.ask(9_000_000, |_| "/echo").await;
    row(
        "9 million further messages behind the first million",
        place.held().saturating_sub(before),
        None,
        "0",
    );
}

/// An extension, and who asks it.
struct Place {
    service: Measured,
    client: Client,
    inbox: String,
    answers: Subscriber,
    /// Whoever asks is another endpoint, so that none waits for another.
    endpoint: u32,
}

impl Place {
    async fn start(server: &NatsServer) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .arg("serve")
            .env("NATS_URLS", server.url())
            .env("ADMIN_LISTEN", "off")
            .env("RUST_LOG", "warn");
        let service = Measured::start(&mut command);
        let client = async_nats::connect(server.url()).await.unwrap();
        let inbox = client.new_inbox();
        let answers = client.subscribe(inbox.clone()).await.unwrap();
        let mut place = Self { service, client, inbox, answers, endpoint: 0 };
        let is_there = async {
            while tokio::time::timeout(Duration::from_millis(200), place.ask(1, |_| "/echo")).await.is_err() {
            }
        };
        soon("the extension", is_there).await;
        place
    }

    fn held(&self) -> u64 {
        self.service.memory()
    }

    /// Asks, and waits for every answer.
    async fn ask(&mut self, count: u32, path: fn(u32) -> &'static str) {
        self.ask_all_but(0, count, path).await;
    }

    /// Asks, and waits for the answers except so many.
    async fn ask_all_but(&mut self, late: u32, count: u32, path: fn(u32) -> &'static str) {
        let (mut asked, mut answered) = (0, 0);
        while answered < count - late {
            while asked < count && asked - answered < WINDOW + late {
                self.publish(path(asked)).await;
                asked += 1;
            }
            let answer = self.answers.next().await.expect("a connection");
            // Nobody was there yet.
            answered += u32::from(answer.status.is_none());
        }
    }

    /// Asks, and waits for nothing.
    async fn send(&mut self, count: u32, path: fn(u32) -> &'static str) {
        for number in 0..count {
            self.publish(path(number)).await;
        }
        self.client.flush().await.unwrap();
    }

    async fn publish(&mut self, path: &str) {
        self.endpoint += 1;
        let endpoint = format!("7ad263ec-3347-4c7d-af89-50c6{:08x}", self.endpoint);
        let data = ClientData {
            correlation_id: "07d78e95-2c4d-4899-957c-b9e500000000",
            app_version_name: "soil-humidity-probe-v3",
            endpoint_id: Some(&endpoint),
            resource_path: path,
            request_id: Some(1),
            payload: &[b'7'; 200],
            ..ClientData::default()
        };
        let datum: Bytes = data.encode(Revision::Seed).unwrap();
        let subject = "kaa.v1.service.memory.esp.ClientData";
        self.client.publish_with_reply(subject, self.inbox.clone(), datum).await.unwrap();
    }
}
