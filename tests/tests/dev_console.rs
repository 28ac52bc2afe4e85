//! The development console of a service as a process, on a real nats-server that lets it do what it has printed and
//! nothing else; and that of the communication service.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::process::Stdio;

use kaa_tests::http::call;
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::port::free_port;
use kaa_tests::program::program;
use kaa_tests::users::permissions_of;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

/// The stream of events, as a browser reads it.
struct Browser {
    stream: TcpStream,
    read: String,
}

impl Browser {
    async fn open(console: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(console).await.unwrap();
        let request = format!("GET /console/events HTTP/1.1\r\nHost: {console}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self { stream, read: String::new() }
    }

    /// Reads until there is a line with all of these.
    async fn until(&mut self, wanted: &[&str]) {
        let found = async {
            while !self.read.lines().any(|line| wanted.iter().all(|wanted| line.contains(wanted))) {
                let mut part = vec![0; 64 * 1024];
                let length = self.stream.read(&mut part).await.unwrap();
                assert_ne!(length, 0, "the stream ended after {}", self.read);
                self.read.push_str(&String::from_utf8_lossy(part.get(..length).unwrap()));
            }
        };
        soon(&format!("{wanted:?}"), found).await;
    }
}

#[tokio::test]
async fn a_service_with_the_permissions_it_prints_shows_and_sends_everything() {
    let server = NatsServer::with_users(|_| String::new()).await;
    let mut printing = Command::new(program("dcx"));
    printing.arg("--console");
    server.permit("dcx", &permissions_of(printing).await).await;

    let console = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut dcx = Command::new(program("dcx"))
        .args(["--console", "--admin", &console.to_string()])
        .envs([("NATS_URLS", server.url().as_str()), ("NATS_USERNAME", "dcx"), ("NATS_PASSWORD", "dcx")])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(dcx.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while !said.contains("health and metrics on") {
        said += &soon("the log", log.next_line()).await.unwrap().unwrap();
    }

    let mut browser = Browser::open(console).await;
    browser.until(&["\"name\":\"dcx\"", "\"health\":\"ready\"", "\"kind\":\"resource\""]).await;
    let described = call(console, "GET", "/console/description", "").await.json();
    assert!(described.to_string().contains("\"path\":\"/json\""), "{described}");
    let wanted = json!({ "service": "dcx", "resource": "/json", "endpoint": "e1", "payload": "[{\"t\":1}]" });
    let answer = call(console, "POST", "/console/send", &wanted.to_string()).await.json();
    assert_eq!(answer.get("status"), Some(&json!(200)), "{answer}");
    let correlation_id = answer.get("correlationId").unwrap().to_string();
    browser.until(&[&correlation_id, "\"status\":200", "\"stages\":[{\"name\":\"on the bus\""]).await;
    // Two rounds of questions are over, and the second one was answered as well.
    browser.until(&["\"requests\":1,"]).await;
    drop(browser);

    dcx.start_kill().unwrap();
    while let Some(line) = soon("the end of the log", log.next_line()).await.unwrap() {
        said += &line;
    }
    assert!(!said.contains("may not"), "{said}");
}

#[tokio::test]
async fn the_communication_service_has_a_console_as_well() {
    let server = NatsServer::start().await;
    let kpc = Kpc::start_with(&server, |kpc| {
        kpc.args(["--console", "--admin", "127.0.0.1:0"]);
    })
    .await;
    let (console, devices) = (kpc.address("admin"), kpc.address("http"));
    let page = call(console, "GET", "/console", "").await;
    assert!(page.status == 200 && page.body.contains("<html"), "{page:?}");

    let mut browser = Browser::open(console).await;
    browser.until(&["event: services"]).await;
    let asked =
        tokio::spawn(async move { call(devices, "POST", "/kp1/v1/nobody/device-1/json", "{}").await });
    browser.until(&["\"service\":\"nobody\"", "\"resource\":\"/json\""]).await;
    asked.abort();
}
