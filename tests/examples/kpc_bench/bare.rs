//! The yardsticks, each a process of its own: clients of async-nats that ask the extension directly, with bytes
//! made beforehand, and sockets without anything behind them.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Instant;

use async_nats::Client;
use bytes::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, Revision};
use kaa_tests::measured::{Measured, own_cpu};
use kaa_tests::nats_server::NatsServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::load::Cost;
use crate::{DEVICES, PAYLOAD, REQUESTS, WARM_UP};

const SUBJECT: &str = "kaa.v1.service.quickstart.esp.ClientData";

/// How the devices of the bare client reach the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Connections {
    /// Each on a connection of its own, as devices have it.
    Each,
    /// All on one.
    Shared,
}

/// This program again, as the client.
pub(crate) fn measure(server: &NatsServer, connections: Connections) -> Cost {
    let kind = match connections {
        Connections::Each => "bare-each",
        Connections::Shared => "bare-shared",
    };
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args([kind, &server.url()]).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) async fn run(url: &str, connections: Connections) {
    let mut clients = Vec::new();
    for device in 0..DEVICES {
        match (connections, clients.first()) {
            (Connections::Shared, Some(client)) => clients.push(Client::clone(client)),
            _ => clients
                .push(async_nats::connect(url).await.unwrap_or_else(|error| panic!("{device}: {error}"))),
        }
    }
    ask(&clients, WARM_UP).await;
    let (cpu, started) = (own_cpu(), Instant::now());
    ask(&clients, REQUESTS).await;
    let cost = Cost { requests: REQUESTS, cpu: own_cpu() - cpu, elapsed: started.elapsed() };
    println!("{}", serde_json::to_string(&cost).unwrap());
}

async fn ask(clients: &[Client], requests: usize) {
    let tasks = clients.iter().enumerate().map(|(device, client)| {
        let device = Device::new(client.clone(), device);
        tokio::spawn(async move {
            for _ in 0..requests / DEVICES {
                device.answer().await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// A device that speaks NATS itself.
pub(crate) struct Device {
    client: Client,
    datum: Bytes,
}

impl Device {
    pub(crate) async fn connect(url: &str, number: usize) -> Self {
        Self::new(async_nats::connect(url).await.unwrap(), number)
    }

    fn new(client: Client, number: usize) -> Self {
        let endpoint = format!("device-{number:03}");
        let data = ClientData {
            correlation_id: "kpc-0123456789abcdef-19aa1b2c3d4-1f",
            app_version_name: "v1",
            endpoint_id: Some(&endpoint),
            resource_path: "/echo",
            request_id: Some(42),
            payload: &[b'x'; PAYLOAD],
            ..ClientData::default()
        };
        let datum = data.encode(Revision::Seed).unwrap();
        Self { client, datum }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn answer(&self) {
        self.client.request(SUBJECT, self.datum.clone()).await.unwrap();
    }
}

/// This program again, as a server that gives back what it reads: what the devices' sockets alone cost.
pub(crate) struct Sockets {
    process: Measured,
    address: SocketAddr,
}

impl Sockets {
    pub(crate) async fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        let process = Measured::start(command.args(["sockets", &address.to_string()]));
        Self { process, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn process(&self) -> &Measured {
        &self.process
    }
}

pub(crate) async fn run_sockets(address: &str) {
    let listener = TcpListener::bind(address).await.unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            while let Ok(size @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..size]).await.unwrap();
            }
        });
    }
}
