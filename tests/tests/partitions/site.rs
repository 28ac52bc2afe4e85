//! Processes that find out soon that the other side is silent, and how a test knows that they have.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use kaa_bus::{Bus, NatsOptions, RequestError, Subject};
use kaa_tests::cable::Cable;
use kaa_tests::http::call;
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::program::program;
use kaa_tests::service::Service;
use tokio::process::Command;

/// How often everybody asks whether the other side is there; the third time without an answer it is given up.
pub(crate) const PING: &str = "300ms";

/// What nobody asks for as long as a test takes.
pub(crate) const NEVER: &str = "1h";

/// How long a request of a device may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);

/// How a partition ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// What was held back comes after all.
    Mended,
    /// What was held back is lost with its connection.
    Reset,
}

impl Ending {
    pub(crate) fn of(self, cable: &Cable) {
        match self {
            Self::Mended => cable.mend(),
            Self::Reset => cable.reset(),
        }
    }
}

/// A server that gives up clients who are silent.
pub(crate) async fn server() -> NatsServer {
    NatsServer::start_with(|_| format!("ping_interval: {PING}\nping_max: 2\n")).await
}

/// A replica of an extension that finds the server there, with a port for operators.
pub(crate) async fn extension(
    name: &str,
    replica: &str,
    server: &NatsServer,
    url: String,
    ping: &str,
) -> Service {
    let variables = [
        ("NATS_URLS", url.as_str()),
        ("NATS_PING_INTERVAL", ping),
        ("SERVICE_INSTANCE_REPLICA_ID", replica),
        ("LIMITS_CLOCK_SKEW", "0s"),
        ("ADMIN_LISTEN", "127.0.0.1:0"),
    ];
    Service::configured(name, server, Path::new("."), &variables).await
}

/// A communication service that finds the server there, with a port for operators.
pub(crate) async fn communication(url: String, ping: &str) -> Kpc {
    let mut command = Command::new(program("kaa-kpc"));
    command.args(["--trustful", "--nats", &url, "--admin", "127.0.0.1:0"]);
    command.args(["--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    command.env("REQUEST_TIMEOUT", format!("{}ms", TIMEOUT.as_millis())).env("NATS_PING_INTERVAL", ping);
    Kpc::serving(command).await
}

pub(crate) async fn connect(url: &str) -> Bus {
    soon("a connection", Bus::nats(NatsOptions::new(url).unwrap())).await.unwrap()
}

/// Waits until this server knows that nobody is there by this name, or that somebody is.
pub(crate) async fn is_there(replica: &str, is_expected: bool, url: &str) {
    let bus = connect(url).await;
    let subject: Subject = format!("kaa.v1.replica.{replica}.esp.ClientData").parse().unwrap();
    let known = async {
        loop {
            let asked = bus.request(subject.clone(), "".into(), Duration::from_millis(20)).await;
            if matches!(asked, Err(RequestError::NoResponders { .. })) != is_expected {
                return;
            }
        }
    };
    soon("the server to know who is there", known).await;
}

/// A figure of a process.
pub(crate) async fn figure(admin: SocketAddr, name: &str) -> u64 {
    let metrics = call(admin, "GET", "/metrics", "").await.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {name} in {metrics}"))
}

/// Waits until a figure is at least this.
pub(crate) async fn reaches(admin: SocketAddr, name: &str, least: u64) {
    soon(name, async { while figure(admin, name).await < least {} }).await;
}

/// Asks over HTTP, as a device with this token; the status code, in time.
pub(crate) async fn status(kpc: &Kpc, path: &str) -> u16 {
    let asked = tokio::time::Instant::now();
    let code = call(kpc.address("http"), "POST", &format!("/kp1/av/{path}"), "[{}]").await.status;
    assert!(asked.elapsed() < 5 * TIMEOUT, "{code} after {:?}", asked.elapsed());
    code
}

/// Waits until a device is answered with 200.
pub(crate) async fn is_served(kpc: &Kpc, path: &str) {
    soon("200", async { while status(kpc, path).await != 200 {} }).await;
}
