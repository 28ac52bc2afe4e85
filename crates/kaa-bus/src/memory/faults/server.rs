//! The server whose messages get lost.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use super::network::Network;
use super::routing::carry;
use super::trace::What;
use super::{Dice, Faults};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::link::Connection;
use crate::mailbox::SubscriptionLimit;
use crate::memory::MemoryServer;
use crate::memory::router::{Router, lock};

/// A [`MemoryServer`] on which messages take time, and things go wrong as [`Faults`] say.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// use kaa_bus::faults::Faults;
/// use kaa_bus::{Clock, Connection, MemoryServer, SubjectFilter};
///
/// let server = MemoryServer::with_faults(Faults::from_seed(7));
/// let (alice, bob) = (server.connect(Clock::tokio()), server.connect(Clock::tokio()));
/// let _inbox = bob.subscribe("greetings".parse::<SubjectFilter>()?, None).await;
///
/// server.crash(&bob);
/// assert_eq!(bob.connection(), Connection::Closed);
///
/// // Nothing goes wrong from now on.
/// server.calm();
/// alice.fence(std::time::Duration::from_secs(1)).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct FaultyServer {
    router: Arc<Mutex<Router>>,
    limit: SubscriptionLimit,
}

impl MemoryServer {
    /// A server on which things go wrong.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time: a task carries the messages.
    pub fn with_faults(faults: Faults) -> FaultyServer {
        let router = Arc::new(Mutex::new(Router::default()));
        lock(&router).network = Some(Box::new(Network::new(faults)));
        tokio::spawn(carry(Arc::downgrade(&router)));
        let limit = SubscriptionLimit { messages: faults.waiting, ..SubscriptionLimit::default() };
        FaultyServer { router, limit }
    }
}

impl FaultyServer {
    /// A new connection, whose users have this clock: give each a clock of its own, and none is right.
    pub fn connect(&self, clock: Clock) -> Bus {
        MemoryServer::over(Arc::clone(&self.router), self.limit, clock).connect()
    }

    /// The process of this connection dies: the connection is closed, and nothing of what it has sent and
    /// has not arrived at the server will.
    pub fn crash(&self, bus: &Bus) {
        let Some(peer) = bus.peer() else { return };
        let mut router = lock(&self.router);
        if let Some(link) = router.peers.get(&peer) {
            link.enter(Connection::Closed);
        }
        if let Some(network) = &mut router.network {
            network.note(What::Crashed, peer);
        }
        let routes = router.remove_peer(peer);
        drop(router);
        for route in routes {
            route.sink.end();
        }
    }

    /// The connection is lost with all that is in it, and comes back by itself.
    pub fn cut(&self, bus: &Bus) {
        if let Some(peer) = bus.peer() {
            lock(&self.router).cut(peer);
        }
    }

    /// From now on other things go wrong, or the same ones more often. What is on its way stays on its way; the
    /// seed and [`Faults::waiting`] are those the server and its connections began with.
    pub fn change(&self, change: impl FnOnce(&mut Faults)) {
        if let Some(network) = &mut lock(&self.router).network {
            change(&mut network.faults);
        }
    }

    /// From now on nothing goes wrong: connections come back, pipes flow. Latency stays.
    pub fn calm(&self) {
        lock(&self.router).calm();
    }

    /// A generator of its own for whoever makes decisions beside the network, out of the same seed.
    pub fn dice(&self) -> Dice {
        let mut router = lock(&self.router);
        router.network.as_mut().map_or_else(|| Dice::new(0), |network| network.dice.fork())
    }

    /// Writes a line into the trace.
    pub fn note(&self, line: impl Into<String>) {
        if let Some(network) = &mut lock(&self.router).network {
            network.trace.add(What::Noted, 0, line.into(), &[]);
        }
    }

    /// A hash of everything that was decided, delivered and noted so far: two runs with the same hash went
    /// the same way.
    pub fn trace_hash(&self) -> u64 {
        lock(&self.router).network.as_ref().map_or(0, |network| network.trace.hash())
    }

    /// The last lines of the trace, 400 at most: the time in seconds, the connection, what happened, the
    /// subject.
    pub fn trace(&self) -> String {
        let router = lock(&self.router);
        let lines = router.network.iter().flat_map(|network| network.trace.lines());
        lines.fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    /// How many messages are on their way.
    pub fn on_its_way(&self) -> usize {
        lock(&self.router).network.as_ref().map_or(0, |network| network.on_its_way())
    }

    /// How many subscriptions there are.
    pub fn subscriptions(&self) -> usize {
        lock(&self.router).routes.len()
    }
}
