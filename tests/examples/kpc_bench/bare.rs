//! The yardstick: a client of async-nats that asks the extension directly, with bytes made beforehand.

use std::process::{Command, Stdio};
use std::time::Instant;

use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, Revision};
use kaa_tests::measured::own_cpu;
use kaa_tests::nats_server::NatsServer;

use crate::load::Cost;
use crate::{DEVICES, PAYLOAD, REQUESTS, WARM_UP};

const SUBJECT: &str = "kaa.v1.service.quickstart.esp.ClientData";

/// This program again, as the client.
pub(crate) fn measure(server: &NatsServer) -> Cost {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["bare", &server.url()]).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) async fn run(url: &str) {
    let client = async_nats::connect(url).await.unwrap();
    ask(&client, WARM_UP).await;
    let (cpu, started) = (own_cpu(), Instant::now());
    ask(&client, REQUESTS).await;
    let cost = Cost { requests: REQUESTS, cpu: own_cpu() - cpu, elapsed: started.elapsed() };
    println!("{}", serde_json::to_string(&cost).unwrap());
}

async fn ask(client: &async_nats::Client, requests: usize) {
    let payload = [b'x'; PAYLOAD];
    let tasks = (0..DEVICES).map(|device| {
        let endpoint = format!("device-{device:03}");
        let data = ClientData {
            correlation_id: "kpc-0123456789abcdef-19aa1b2c3d4-1f",
            app_version_name: "v1",
            endpoint_id: Some(&endpoint),
            resource_path: "/echo",
            request_id: Some(42),
            payload: &payload,
            ..ClientData::default()
        };
        let (client, datum) = (client.clone(), data.encode(Revision::Seed).unwrap());
        tokio::spawn(async move {
            for _ in 0..requests / DEVICES {
                client.request(SUBJECT, datum.clone()).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
