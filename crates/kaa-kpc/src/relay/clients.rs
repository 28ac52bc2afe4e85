//! The connections of clients.

use std::collections::{BTreeSet, HashMap};

use kaa_protocol::name::EndpointId;
use tokio::sync::mpsc;

use super::delivery::Delivery;

/// What is known of one connection.
#[derive(Debug)]
pub(super) struct Client {
    outbox: mpsc::Sender<Delivery>,
    /// Those it was the last to speak for.
    pub(super) endpoints: BTreeSet<EndpointId>,
    /// Its requests that wait.
    pub(super) requests: BTreeSet<u64>,
    /// How many of them have a request ID.
    pub(super) asked: usize,
}

/// All connections, by their number.
#[derive(Debug, Default)]
pub(super) struct Clients {
    last: u64,
    clients: HashMap<u64, Client>,
}

impl Clients {
    pub(super) fn add(&mut self, outbox: mpsc::Sender<Delivery>) -> u64 {
        self.last += 1;
        let client = Client { outbox, endpoints: BTreeSet::new(), requests: BTreeSet::new(), asked: 0 };
        self.clients.insert(self.last, client);
        self.last
    }

    pub(super) fn get_mut(&mut self, connection: u64) -> Option<&mut Client> {
        self.clients.get_mut(&connection)
    }

    pub(super) fn remove(&mut self, connection: u64) -> Option<Client> {
        self.clients.remove(&connection)
    }

    /// Takes out any of them.
    pub(super) fn pop(&mut self) -> Option<(u64, Client)> {
        let connection = *self.clients.keys().next()?;
        Some((connection, self.clients.remove(&connection)?))
    }

    /// Hands something to a client, unless its outbox is full or nobody reads it any more.
    #[must_use]
    pub(super) fn deliver(&self, connection: u64, delivery: Delivery) -> bool {
        self.clients.get(&connection).is_some_and(|client| client.outbox.try_send(delivery).is_ok())
    }

    /// An endpoint is elsewhere from now on.
    pub(super) fn lose(&mut self, connection: u64, endpoint: &str) {
        if let Some(client) = self.clients.get_mut(&connection) {
            client.endpoints.remove(endpoint);
        }
    }

    /// A request of a connection is over.
    pub(super) fn end(&mut self, connection: u64, request: u64, was_asked: bool) {
        if let Some(client) = self.clients.get_mut(&connection)
            && client.requests.remove(&request)
            && was_asked
        {
            client.asked -= 1;
        }
    }
}
