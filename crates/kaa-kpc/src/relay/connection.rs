//! A client that stays: what it asks goes out here, what it gets comes to its outbox.

use std::sync::Arc;

use super::barrier::NotTaken;
use super::core::Core;
use super::pending::Recipient;
use super::request::{Asked, Request};

/// The connection of a client. Dropping it is its end: nobody waits for its requests any more, and others
/// are told that its endpoints are gone, in one event.
#[derive(Debug)]
pub struct Connection {
    core: Arc<Core>,
    id: u64,
}

impl Connection {
    pub(super) fn new(core: Arc<Core>, id: u64) -> Self {
        Self { core, id }
    }

    /// Sends a request to its extension, and returns at once.
    ///
    /// With a request ID, exactly one answer comes to the outbox: that of the extension, or an error of the
    /// relay's own. Without one, nothing comes of a success, and an error if one becomes known. From here
    /// on this connection gets what is pushed to the endpoint.
    ///
    /// Whether it has gone out. If not, the answer that says why is in the outbox already.
    pub fn request(&self, request: &Request, asked: Asked) -> bool {
        let recipient = Recipient::Client { connection: self.id, asked };
        self.core.send(self.core.next_id(), request, recipient)
    }

    /// Waits until the server has taken all requests of this connection that have gone out since the last call, of
    /// those with a [mark](Asked::mark). Everybody who asks at the same time shares one round trip; it takes no longer
    /// than [`taken_timeout`](super::RelayOptions::taken_timeout).
    ///
    /// The request may find nobody all the same, and its extension may fail: only an answer says that it was
    /// handled.
    ///
    /// # Errors
    ///
    /// [`NotTaken`]: one of them may be lost. Above all when the connection to the server was lost since the
    /// first of them went out, even if it is back.
    ///
    /// # Cancel safety
    ///
    /// What the future was about is not asked for again by the next call.
    pub fn taken(&self) -> impl Future<Output = Result<(), NotTaken>> + Send + use<> + 'static {
        let unproven = self.core.lock().clients.get_mut(self.id).and_then(|client| client.unproven.take());
        self.core.barrier.pass(unproven.unwrap_or_else(|| self.core.bus().connects()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.core.leave(self.id);
    }
}
