//! The devices and their communication service: as many batches on their way as the window has room for.

use std::time::{Duration, Instant};

use async_nats::{Client, Subscriber};
use futures_util::StreamExt;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_tests::measured::Measured;
use kaa_tests::nats_server::NatsServer;

use crate::{BATCHES, DEVICES, SAMPLES, WARM_UP, WINDOW};

const REQUESTS: &str = "kaa.v1.service.dcx.esp.ClientData";
const ANSWERS: &str = "kaa.v1.replica.kpc-bench.esp.ExtensionData";

/// A batch that is not answered in this time never is.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the batches of one round took.
pub(crate) struct Cost {
    pub(crate) elapsed: Duration,
    pub(crate) transmitter: Duration,
    pub(crate) receiver: Duration,
    /// Of each batch, from its way out to its answer; sorted.
    latencies: Vec<Duration>,
}

impl Cost {
    pub(crate) fn rate(&self) -> f64 {
        BATCHES as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this share of the batches does not exceed, in milliseconds.
    pub(crate) fn latency(&self, share: f64) -> f64 {
        self.latencies[((self.latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
    }
}

pub(crate) async fn measure(server: &NatsServer, transmitter: &Measured, receiver: &Measured) -> Cost {
    let client = async_nats::connect(server.url()).await.unwrap();
    let answers = client.subscribe(ANSWERS).await.unwrap();
    let mut devices = Devices { client, answers, sent: Vec::new(), latencies: Vec::new() };
    devices.exchange(WARM_UP).await;
    devices.latencies.clear();
    let cpu = (transmitter.cpu(), receiver.cpu());
    let started = Instant::now();
    devices.exchange(BATCHES).await;
    let elapsed = started.elapsed();
    let (transmitter, receiver) = (transmitter.cpu() - cpu.0, receiver.cpu() - cpu.1);
    let mut latencies = devices.latencies;
    latencies.sort();
    Cost { elapsed, transmitter, receiver, latencies }
}

struct Devices {
    client: Client,
    answers: Subscriber,
    /// When each batch went out, by its number.
    sent: Vec<Instant>,
    latencies: Vec<Duration>,
}

impl Devices {
    /// Sends so many batches and waits for their answers, which have to be successes.
    async fn exchange(&mut self, batches: usize) {
        let end = self.sent.len() + batches;
        for _ in 0..WINDOW {
            self.send().await;
        }
        for _ in 0..batches {
            let answer = tokio::time::timeout(PATIENCE, self.answers.next()).await;
            let answer = answer.expect("every batch is answered").unwrap();
            let answer = ExtensionData::decode(&answer.payload).unwrap().record;
            assert_eq!(answer.status_code, 200, "{answer:?}");
            let number: usize = answer.correlation_id.rsplit('-').next().unwrap().parse().unwrap();
            self.latencies.push(self.sent[number].elapsed());
            if self.sent.len() < end {
                self.send().await;
            }
        }
    }

    async fn send(&mut self) {
        let number = self.sent.len();
        let samples: Vec<_> = (0..SAMPLES)
            .map(|sample| format!(r#"{{"temperature":21.{sample},"humidity":88,"at":{number}}}"#))
            .collect();
        let payload = format!("[{}]", samples.join(","));
        let datum = ClientData {
            correlation_id: &format!("kpc-bench-0123456789abcdef-{number}"),
            app_version_name: "demo-v1",
            endpoint_id: Some(&format!("device-{:04}", number % DEVICES)),
            resource_path: "/json",
            request_id: Some((number % 1_000) as i32),
            payload: payload.as_bytes(),
            ..ClientData::default()
        };
        let datum = datum.encode(Revision::Seed).unwrap();
        self.sent.push(Instant::now());
        self.client.publish_with_reply(REQUESTS, ANSWERS, datum).await.unwrap();
    }
}
