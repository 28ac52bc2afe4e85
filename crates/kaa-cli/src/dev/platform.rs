//! What an extension needs around it: a bus, a communication service, the console.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use kaa_bus::{Bus, Listening, MemoryServer};
use kaa_console::Console;
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, StartError, Transport};
use kaa_process::admin::{Admin, AdminError, AdminServer};

use crate::terminal::tell;

/// How long what has begun may take when everything stops.
const GRACE: Duration = Duration::from_secs(3);

/// Where things are to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) http: SocketAddr,
    pub(super) mqtt: SocketAddr,
    pub(super) nats: SocketAddr,
    pub(super) console: SocketAddr,
}

/// Why they are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformError {
    #[error(
        "the bus cannot be at {address}; choose another address: --nats 127.0.0.1:0 takes any port that is free"
    )]
    Bus { address: SocketAddr, source: io::Error },
    #[error(
        "devices cannot be served; --http and --mqtt choose other addresses, 127.0.0.1:0 takes any port that is free"
    )]
    Devices(#[from] StartError),
    #[error(
        "the console cannot be shown; choose another address: --console 127.0.0.1:0 takes any port that is free"
    )]
    Console(#[from] AdminError),
}

/// Everything but the extension.
#[derive(Debug)]
pub(super) struct Platform {
    server: MemoryServer,
    bus: Listening,
    kpc: Kpc,
    console: AdminServer,
}

impl Platform {
    pub(super) async fn start(wanted: Addresses) -> Result<Self, PlatformError> {
        let server = MemoryServer::new();
        let bus = server.listen(wanted.nats).await;
        let bus = bus.map_err(|source| PlatformError::Bus { address: wanted.nats, source })?;
        let console = Console::new(server.observe()).mount(Admin::new()).bind(wanted.console).await?;
        // Everything else may be said by anybody who can reach the loopback interface.
        let options = KpcOptions::trustful([
            ListenerOptions::new(Transport::Http, wanted.http),
            ListenerOptions::new(Transport::Mqtt, wanted.mqtt),
        ]);
        let kpc = Kpc::start(server.connect(), options).await?;
        Ok(Self { server, bus, kpc, console })
    }

    /// Says where everything is.
    pub(super) fn welcome(&self) {
        for listening in self.kpc.listening() {
            tell("dev", &format!("devices: {}://{}", listening.name(), listening.address));
        }
        tell("dev", &format!("bus: {} (kaa tap, kaa call, kaa emit)", self.bus.url()));
        tell("dev", &format!("console: http://{}/console", self.console.local_addr()));
    }

    /// Where the bus is, as the extension is told.
    pub(super) fn nats_url(&self) -> String {
        self.bus.url()
    }

    /// Where devices speak HTTP.
    pub(super) fn http(&self) -> Option<SocketAddr> {
        self.kpc.listening().first().map(|listening| listening.address)
    }

    /// A connection to the bus that is nobody.
    pub(super) fn observe(&self) -> Bus {
        self.server.observe()
    }

    /// Devices get the answers they wait for, and no more.
    pub(super) async fn stop_devices(&self) {
        self.kpc.stop(GRACE).await;
    }

    pub(super) async fn stop(self) {
        self.console.stop(GRACE).await;
    }
}
