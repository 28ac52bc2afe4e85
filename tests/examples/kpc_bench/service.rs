//! The programs under test, as an operator would start them.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use kaa_tests::measured::Measured;
use kaa_tests::nats_server::NatsServer;
use tempfile::NamedTempFile;

use crate::load::Exchange;

/// The load generator is one machine with one address, and faster than any device may be.
const CONFIGURATION: &str = "
limits:
  messages-per-second: 1000000
  bytes-per-second: 1GiB
";

/// The quickstart.
pub(crate) struct Extension(#[allow(dead_code, reason = "lives as long as this")] Measured);

impl Extension {
    pub(crate) async fn start(programs: &Path, server: &NatsServer) -> Self {
        let mut command = Command::new(programs.join("quickstart"));
        command.env("NATS_URLS", server.url()).env("RUST_LOG", "info").stderr(Stdio::piped());
        let mut process = Measured::start(&mut command);
        let log = BufReader::new(process.child().stderr.take().unwrap());
        assert!(log.lines().any(|line| line.unwrap().contains("serving")), "quickstart does not serve");
        Self(process)
    }
}

/// `kaa-kpc`.
pub(crate) struct Kpc {
    process: Measured,
    mqtt: SocketAddr,
    http: SocketAddr,
    _configuration: NamedTempFile,
}

impl Kpc {
    pub(crate) async fn start(programs: &Path, server: &NatsServer) -> Self {
        let mut configuration = NamedTempFile::with_suffix(".yaml").unwrap();
        configuration.write_all(CONFIGURATION.as_bytes()).unwrap();
        let mut command = Command::new(programs.join("kaa-kpc"));
        command.arg("--config").arg(configuration.path()).args(["--nats", &server.url(), "--trustful"]);
        command
            .env("RUST_LOG", "warn")
            .args(["--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "off"])
            .stdout(Stdio::piped());
        let mut process = Measured::start(&mut command);
        let (mut mqtt, mut http) = (None, None);
        for line in BufReader::new(process.child().stdout.take().unwrap()).lines() {
            match line.unwrap().split(' ').collect::<Vec<_>>()[..] {
                ["listening", "mqtt", address] => mqtt = address.parse().ok(),
                ["listening", "http", address] => http = address.parse().ok(),
                ["ready"] => break,
                _ => {}
            }
        }
        let [mqtt, http] = [mqtt, http].map(|address| address.expect("kaa-kpc says where it listens"));
        Self { process, mqtt, http, _configuration: configuration }
    }

    pub(crate) fn address(&self, exchange: Exchange) -> SocketAddr {
        if exchange == Exchange::Http { self.http } else { self.mqtt }
    }

    pub(crate) fn process(&self) -> &Measured {
        &self.process
    }
}
