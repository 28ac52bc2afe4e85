//! What a connection can be asked about itself.

use tokio::sync::watch;

use super::Bus;
use crate::backend::Backend;
use crate::clock::Clock;
use crate::denials::ForbiddenPublishes;
use crate::forbidden::Forbidden;
use crate::link::Connection;
use crate::nats::NatsServerInfo;
use crate::stats::BusStats;

impl Bus {
    /// Whether the bus can carry messages right now.
    pub fn connection(&self) -> Connection {
        self.shared.link.connection()
    }

    /// The same value, for those who wait for it to change.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use kaa_bus::{Connection, MemoryServer};
    /// let server = MemoryServer::new();
    /// let bus = server.connect();
    /// let mut connection = bus.watch_connection();
    /// server.stop();
    /// connection.wait_for(|connection| *connection == Connection::Disconnected).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn watch_connection(&self) -> watch::Receiver<Connection> {
        self.shared.link.watch()
    }

    /// What the NATS server has said of itself; `None` inside the process.
    pub fn server(&self) -> Option<NatsServerInfo> {
        self.shared.backend.server()
    }

    /// The clock of whoever speaks on this connection: the machine's, unless the server in the process gave it
    /// [another](crate::faults::FaultyServer::connect).
    pub fn clock(&self) -> Clock {
        self.shared.backend.clock()
    }

    /// 64 bits that nobody outside can guess; on a server with [faults](crate::faults) those of its seed, so
    /// that a run can be repeated. Good for marks and jitter, not for keys.
    pub fn random(&self) -> u64 {
        self.shared.backend.random()
    }

    /// Its number on the server in the process.
    pub(crate) fn peer(&self) -> Option<u64> {
        match &self.shared.backend {
            Backend::Memory(peer) => Some(peer.id()),
            Backend::Nats(_) => None,
        }
    }

    /// How often a connection to the server was made so far, the present one included.
    ///
    /// Between two equal figures the connection was not lost, also not for a moment that
    /// [`connection`](Self::connection) has not told of yet.
    pub fn connects(&self) -> u64 {
        self.shared.backend.connects().unwrap_or_else(|| self.stats().reconnects + 1)
    }

    /// The publishes that the server refuses from now on. Requests and confirmed events hear of theirs without this.
    pub fn watch_forbidden(&self) -> ForbiddenPublishes {
        ForbiddenPublishes::new(self.link())
    }

    /// Whether the server serves every subscription of this connection, as far as it has said: one whose user may
    /// not subscribe to something is connected, and deaf.
    ///
    /// # Errors
    ///
    /// [`Forbidden`] names one that it does not serve, and the line that is missing.
    pub fn is_permitted(&self) -> Result<(), Forbidden> {
        self.shared.link.denials.of_subscription(None).map_or(Ok(()), Err)
    }

    /// What happened on this connection so far.
    pub fn stats(&self) -> BusStats {
        self.shared.link.counters.snapshot()
    }
}
