//! What can be asked for: the flags.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// A whole little Kaa platform in one process, on the loopback interface, with three simulated devices.
///
/// Nothing has to be installed and nothing is left behind.
#[derive(Debug, Clone, Parser)]
#[command(name = "demo", version)]
pub struct Options {
    /// Stop after this time, such as 10s, with a summary; without it, ctrl-c does that.
    ///
    /// The exit code is 0 if every request of the devices and of the operator got the right answer, and 1 if not.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub duration: Option<Duration>,
    /// No simulated devices and no operator.
    #[arg(long)]
    pub quiet: bool,
    /// Run on a NATS server, such as nats://127.0.0.1:4222, instead of a bus in the process.
    #[arg(long, value_name = "URL")]
    pub nats: Option<String>,
    /// Keep the databases here. Without it they are in a temporary directory that is removed at the end.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where devices connect with MQTT: an address, or a port alone; 0 is any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1883", value_parser = address)]
    pub mqtt: SocketAddr,
    /// Where devices connect with HTTP, and with MQTT over WebSocket at /ws.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8008", value_parser = address)]
    pub http: SocketAddr,
    /// Where configurations are managed.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8101", value_parser = address)]
    pub cdp: SocketAddr,
    /// Where time series are queried.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8102", value_parser = address)]
    pub epts: SocketAddr,
    /// Where commands are sent.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8103", value_parser = address)]
    pub cex: SocketAddr,
    /// Where credentials are managed.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8104", value_parser = address)]
    pub ccm: SocketAddr,
    /// Show everything on the bus, live, on a page at this address, which the demo prints.
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:9464", value_parser = address)]
    pub console: Option<SocketAddr>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    port.or_else(|| text.parse().ok())
        .ok_or_else(|| "expected an address such as 127.0.0.1:1884, or a port such as 1884".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a duration such as 500ms, 10s or 5m".to_owned())
}
