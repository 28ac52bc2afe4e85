//! What waits for a client to take it.

use std::future::poll_fn;

use super::delivery::Delivery;
use super::outbox::Inlet;

/// The deliveries of one connection, in the order in which they came. They end when the relay does, and
/// when the client is too slow ([`has_lagged`](Self::has_lagged)).
///
/// When this is dropped before its connection, what would be delivered is
/// [undelivered](super::Counters::undelivered).
#[derive(Debug)]
pub struct Deliveries(pub(super) Inlet);

impl Deliveries {
    /// The next one; `None` when there will be none: the relay has ended, or the client was too slow.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Delivery> {
        poll_fn(|cx| self.0.poll_take(cx)).await
    }

    /// The next one if it is there already.
    pub fn try_next(&mut self) -> Option<Delivery> {
        self.0.try_take()
    }

    /// Whether they end because the client took them too slowly. What fits no more was not delivered, so
    /// the client has to connect anew, and to ask again for what it still wants to know.
    pub fn has_lagged(&self) -> bool {
        self.0.has_lagged()
    }
}
