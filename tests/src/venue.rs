//! A server to meet at, in the process or a real one: one scenario, two buses.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use kaa_bus::{Bus, Connection, Listening, MemoryServer, NatsOptions, SubscriptionLimit};

use crate::nats_server::NatsServer;
use crate::patience::soon;

/// A server to meet at.
#[derive(Debug)]
pub enum Venue {
    /// In the process.
    Memory(MemoryServer),
    /// One in the process that other processes can connect to.
    Listening {
        /// The server itself.
        server: MemoryServer,
        /// Its socket, unless it is away.
        socket: Option<Listening>,
        /// Where it is, even so.
        address: SocketAddr,
    },
    /// A nats-server.
    Nats(NatsServer),
}

impl Venue {
    /// A server in the process.
    pub fn memory() -> Self {
        Self::Memory(MemoryServer::new())
    }

    /// A server in the process, at the far end of a socket.
    pub async fn listening() -> Self {
        let server = MemoryServer::new();
        let socket = server.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = socket.address();
        Self::Listening { server, socket: Some(socket), address }
    }

    /// A nats-server.
    pub async fn nats() -> Self {
        Self::Nats(NatsServer::start().await)
    }

    /// A nats-server with JetStream, which syncs before it acknowledges.
    pub async fn jetstream() -> Self {
        Self::Nats(NatsServer::start_with(|directory| jetstream(directory, "always")).await)
    }

    /// One more connection.
    pub async fn connect(&self) -> Bus {
        self.connect_with(SubscriptionLimit::default()).await
    }

    /// One more connection with this limit for its subscriptions.
    ///
    /// # Panics
    ///
    /// When there is no connection.
    pub async fn connect_with(&self, limit: SubscriptionLimit) -> Bus {
        match self {
            Self::Memory(server) => server.clone().subscription_limit(limit).connect(),
            Self::Listening { address, .. } => over_tcp(&format!("nats://{address}"), limit).await,
            Self::Nats(server) => over_tcp(&server.url(), limit).await,
        }
    }

    /// Two connections.
    pub async fn pair(&self) -> (Bus, Bus) {
        (self.connect().await, self.connect().await)
    }

    /// Takes the server away (`kill -9`); returns when `bus` has noticed.
    pub async fn stop(&mut self, bus: &Bus) {
        match self {
            Self::Memory(server) => server.stop(),
            Self::Listening { socket, .. } => *socket = None,
            Self::Nats(server) => server.kill(),
        }
        becomes(bus, Connection::Disconnected).await;
    }

    /// Brings the server back; returns when `bus` has noticed.
    pub async fn start(&mut self, bus: &Bus) {
        match self {
            Self::Memory(server) => server.start(),
            Self::Listening { server, socket, address } => {
                *socket = Some(server.listen(*address).await.unwrap());
            }
            Self::Nats(server) => server.restart().await,
        }
        becomes(bus, Connection::Connected).await;
    }
}

async fn over_tcp(url: &str, limit: SubscriptionLimit) -> Bus {
    let options = NatsOptions::new(url).unwrap().subscription_limit(limit);
    soon("a connection", Bus::nats(options)).await.unwrap()
}

/// A configuration with JetStream, its files beside it.
pub fn jetstream(directory: &Path, sync_interval: &str) -> String {
    format!("jetstream {{ store_dir: {:?}, sync_interval: {sync_interval} }}\n", directory.join("jetstream"))
}

/// Waits until the connection is in this state.
///
/// # Panics
///
/// When it is not soon.
pub async fn becomes(bus: &Bus, state: Connection) {
    let mut connection = bus.watch_connection();
    let change = connection.wait_for(|connection| *connection == state);
    soon("the connection to change", change).await.unwrap();
    assert_eq!(bus.connection(), state);
}

/// Waits for what nobody announces, such as a counter.
///
/// # Panics
///
/// When it is not soon.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(1));
    let so = async {
        while !is_so() {
            look.tick().await;
        }
    };
    soon(what, so).await;
}

/// The same as [`on_both!`](crate::on_both), and on a server in the process at the far end of a socket.
#[macro_export]
macro_rules! on_all {
    ($($scenario:ident)*) => {
        $crate::on_both! { $($scenario)* }

        mod listening {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::scenarios::$scenario($crate::venue::Venue::listening().await).await;
                }
            )*
        }
    };
}

/// Makes a test of every scenario in `mod scenarios` on both buses: in the process with paused time,
/// and on a nats-server; `jetstream:` before the first has it one with JetStream.
#[macro_export]
macro_rules! on_both {
    (jetstream: $($scenario:ident)*) => {
        $crate::on_both!(@jetstream $($scenario)*);
    };
    ($first:ident $($scenario:ident)*) => {
        $crate::on_both!(@nats $first $($scenario)*);
    };
    (@$venue:ident $($scenario:ident)*) => {
        mod memory {
            $(
                #[tokio::test(start_paused = true)]
                async fn $scenario() {
                    super::scenarios::$scenario($crate::venue::Venue::memory()).await;
                }
            )*
        }

        mod nats {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::scenarios::$scenario($crate::venue::Venue::$venue().await).await;
                }
            )*
        }
    };
}
