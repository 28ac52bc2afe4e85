//! What waits for a client to take it.

use std::future::poll_fn;
use std::sync::Arc;

use super::core::Core;
use super::delivery::Delivery;
use super::outbox::Inlet;

/// The deliveries of one connection, in the order in which they came. They end when the relay does, and
/// when the client is too slow ([`has_lagged`](Self::has_lagged)).
///
/// When this is dropped, what waits is [untaken](super::Counters::untaken); what would still come is
/// [undelivered](super::Counters::undelivered), or [unpushed](super::Counters::unpushed).
#[derive(Debug)]
pub struct Deliveries {
    core: Arc<Core>,
    inlet: Inlet,
}

impl Deliveries {
    pub(super) fn new(core: Arc<Core>, inlet: Inlet) -> Self {
        Self { core, inlet }
    }

    /// The next one; `None` when there will be none: the relay has ended, or the client was too slow.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Delivery> {
        let delivery = poll_fn(|cx| self.inlet.poll_take(cx)).await;
        self.count(delivery)
    }

    /// The next one if it is there already.
    pub fn try_next(&mut self) -> Option<Delivery> {
        let delivery = self.inlet.try_take();
        self.count(delivery)
    }

    /// Whether they end because the client took them too slowly. What fits no more was not delivered, so
    /// the client has to connect anew, and to ask again for what it still wants to know.
    pub fn has_lagged(&self) -> bool {
        self.inlet.has_lagged()
    }

    fn count(&self, delivery: Option<Delivery>) -> Option<Delivery> {
        if delivery.is_some() {
            self.core.tally.taken();
        }
        delivery
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        (0..self.inlet.close()).for_each(|_| self.core.tally.untaken());
    }
}
