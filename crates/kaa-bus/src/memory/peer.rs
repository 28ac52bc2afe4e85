//! One connection to the server in the process.

use std::sync::{Arc, Mutex};

use kaa_protocol::subject::SubjectFilter;

use super::faults::Order;
use super::router::{QueueGroup, Route, Router, lock};
use crate::backend::Sink;
use crate::clock::Clock;
use crate::error::PublishError;
use crate::mailbox::{Pace, SubscriptionLimit};
use crate::message::Outgoing;
use crate::random::random;

/// The default of nats-server.
pub(super) const MAX_PAYLOAD: usize = 1 << 20;

#[derive(Debug)]
pub(crate) struct Peer {
    router: Arc<Mutex<Router>>,
    id: u64,
    pub(crate) limit: SubscriptionLimit,
    pub(crate) clock: Clock,
    is_observer: bool,
}

impl Peer {
    pub(super) fn new(router: Arc<Mutex<Router>>, id: u64, limit: SubscriptionLimit, clock: Clock) -> Self {
        Self { router, id, limit, clock, is_observer: false }
    }

    /// The same as one that is nobody.
    pub(super) fn observing(mut self) -> Self {
        self.is_observer = true;
        self
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Any number: of the seed, where there is one.
    pub(crate) fn random(&self) -> u64 {
        lock(&self.router).network.as_mut().map_or_else(random, |network| network.random())
    }

    pub(crate) fn inbox_id(&self) -> u128 {
        self.id.into()
    }

    pub(crate) async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        if self.try_publish(message)? == Pace::Behind {
            // A publisher that never waits would starve its own readers on a single thread, which
            // on NATS the connection's full queue prevents.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// The same without waiting; says whether a reader is behind.
    pub(crate) fn try_publish(&self, message: Outgoing) -> Result<Pace, PublishError> {
        let size = message.size();
        if size > MAX_PAYLOAD {
            return Err(PublishError::TooLarge { subject: message.subject, size, limit: MAX_PAYLOAD });
        }
        let mut router = lock(&self.router);
        let Some(network) = &mut router.network else {
            return Ok(router.publish(self.id, message));
        };
        if !network.has_room(self.id) {
            return Err(PublishError::Full { subject: message.subject });
        }
        network.send(self.id, Order::Publish(message));
        Ok(Pace::Fine)
    }

    pub(crate) fn attach(
        &self,
        filter: SubjectFilter,
        queue_group: Option<QueueGroup>,
        sink: Sink,
    ) -> Attachment {
        let route = Route { is_observer: self.is_observer, ..Route::new(self.id, filter, queue_group, sink) };
        let id = lock(&self.router).add(route);
        Attachment { router: Arc::clone(&self.router), id }
    }

    #[cfg(feature = "kv")]
    pub(crate) fn bucket(&self, name: &str) -> super::Bucket {
        let mut router = lock(&self.router);
        router.buckets.entry(name.to_owned()).or_insert_with(|| super::Bucket::new(name)).clone()
    }

    pub(crate) fn hang_up(&self) {
        let routes = lock(&self.router).remove_peer(self.id);
        for route in routes {
            route.sink.end();
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// A subscription's place in the router, given up when dropped.
#[derive(Debug)]
pub(crate) struct Attachment {
    router: Arc<Mutex<Router>>,
    id: u64,
}

impl Attachment {
    /// Stops deliveries; the sink ends after what it already has.
    pub(crate) fn leave(&self) {
        let route = lock(&self.router).leave(self.id);
        if let Some(route) = route {
            route.sink.end();
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let route = lock(&self.router).remove(self.id);
        if let Some(route) = route {
            route.sink.end();
        }
    }
}
