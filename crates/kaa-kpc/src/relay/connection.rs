//! A client that stays: what it asks goes out here, what it gets comes to its outbox.

use std::sync::Arc;

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
    pub fn request(&self, request: &Request, asked: Asked) {
        let recipient = Recipient::Client { connection: self.id, asked };
        self.core.send(self.core.next_id(), request, recipient);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.core.leave(self.id);
    }
}
