//! The server that connections inside the process share.

use std::sync::{Arc, Mutex};

use super::peer::Peer;
use super::router::{Router, lock};
use crate::backend::Backend;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::link::{Connection, Link};
use crate::mailbox::SubscriptionLimit;

/// A message server inside the process. Every [`connect`](Self::connect) is a connection of its own,
/// with its own state, counters and [`close`](Bus::close), as if it were another process.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use kaa_bus::{Connection, MemoryServer};
///
/// let server = MemoryServer::new();
/// let (alice, bob) = (server.connect(), server.connect());
/// let mut inbox = bob.subscribe("greetings".parse::<kaa_bus::SubjectFilter>()?, None).await?;
///
/// alice.publish("greetings".parse()?, None, "hello".into()).await?;
/// assert_eq!(inbox.next().await.map(|message| message.payload), Some("hello".into()));
///
/// server.stop();
/// assert_eq!(alice.connection(), Connection::Disconnected);
/// assert!(alice.publish("greetings".parse()?, None, "hello".into()).await.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct MemoryServer {
    router: Arc<Mutex<Router>>,
    limit: SubscriptionLimit,
    clock: Clock,
}

impl Default for MemoryServer {
    fn default() -> Self {
        Self::over(Arc::default(), SubscriptionLimit::default(), Clock::System)
    }
}

impl MemoryServer {
    /// A server without connections.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn over(router: Arc<Mutex<Router>>, limit: SubscriptionLimit, clock: Clock) -> Self {
        Self { router, limit, clock }
    }

    /// The same server; connections made with the returned value have this limit per subscription.
    #[must_use]
    pub fn subscription_limit(self, limit: SubscriptionLimit) -> Self {
        Self { limit, ..self }
    }

    /// A new connection.
    pub fn connect(&self) -> Bus {
        let (link, peer) = self.peer();
        Bus::new(link, Backend::Memory(peer))
    }

    /// A new connection that is nobody: it gets what it subscribes to, and who publishes is told that nobody is there
    /// if nobody else is. Whoever looks on changes nothing, which on NATS cannot be had.
    pub fn observe(&self) -> Bus {
        let (link, peer) = self.peer();
        Bus::new(link, Backend::Memory(peer.observing()))
    }

    /// The near end of a new connection, and its state.
    pub(super) fn peer(&self) -> (Arc<Link>, Peer) {
        let mut router = lock(&self.router);
        let state = if router.stopped { Connection::Disconnected } else { Connection::Connected };
        let link = Arc::new(Link::new(state));
        let id = router.add_peer(Arc::clone(&link));
        drop(router);
        let peer = Peer::new(Arc::clone(&self.router), id, self.limit, self.clock);
        (link, peer)
    }

    /// Goes away, as a killed nats-server does: publishing is refused on every connection until
    /// [`start`](Self::start). Messages that were delivered stay in their subscriptions.
    pub fn stop(&self) {
        lock(&self.router).enter(Connection::Disconnected);
    }

    /// Comes back, with every subscription as it was.
    pub fn start(&self) {
        lock(&self.router).enter(Connection::Connected);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_is_dropped_leaves_the_server_empty() {
        let server = MemoryServer::new();
        let bus = server.connect();
        let subscription = bus.subscribe("a".parse::<crate::SubjectFilter>().unwrap(), None).await.unwrap();
        drop((bus, subscription));
        assert!(lock(&server.router).peers.is_empty());
    }

    #[tokio::test]
    async fn who_only_looks_on_sees_everything_and_is_nobody() {
        let server = MemoryServer::new();
        let (bus, observer) = (server.connect(), server.observe());
        let mut seen = observer.subscribe("a".parse::<crate::SubjectFilter>().unwrap(), None).await.unwrap();
        for _ in 0..2 {
            let refused = bus.request("a".parse().unwrap(), "hello".into(), Duration::from_secs(1)).await;
            assert!(matches!(refused, Err(crate::RequestError::NoResponders { .. })), "{refused:?}");
            assert_eq!(seen.try_next().unwrap().payload, "hello");
        }
        let mut other = bus.subscribe("a".parse::<crate::SubjectFilter>().unwrap(), None).await.unwrap();
        let asked = bus.request("a".parse().unwrap(), "hello".into(), Duration::from_millis(1)).await;
        assert!(matches!(asked, Err(crate::RequestError::TimedOut { .. })), "{asked:?}");
        assert!(seen.try_next().is_some() && other.try_next().is_some());
    }

    #[tokio::test]
    async fn a_connection_made_while_the_server_is_away_starts_out_disconnected() {
        let server = MemoryServer::new();
        server.stop();
        let bus = server.connect();
        assert_eq!(bus.connection(), Connection::Disconnected);
        server.start();
        assert_eq!(bus.connection(), Connection::Connected);
    }

    #[tokio::test]
    async fn a_publisher_lets_a_reader_on_the_same_thread_keep_up() {
        let server = MemoryServer::new()
            .subscription_limit(SubscriptionLimit { messages: 8, ..SubscriptionLimit::default() });
        let bus = server.connect();
        let mut subscription =
            bus.subscribe("a".parse::<crate::SubjectFilter>().unwrap(), None).await.unwrap();
        let reader = tokio::spawn(async move {
            for _ in 0..10_000 {
                subscription.next().await.unwrap();
            }
            subscription.lost()
        });
        for _ in 0..10_000 {
            bus.publish("a".parse().unwrap(), None, "x".into()).await.unwrap();
        }
        assert_eq!(reader.await.unwrap(), 0);
    }
}
