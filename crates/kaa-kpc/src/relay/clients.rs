//! The connections of clients.

use kaa_protocol::name::EndpointId;

use super::delivery::Delivery;
use super::numbers::Numbered;
use super::outbox::{Handed, Outbox, Room};

/// What is known of one connection.
#[derive(Debug)]
pub(super) struct Client {
    outbox: Outbox,
    /// Those it was the last to speak for.
    pub(super) endpoints: Vec<EndpointId>,
    /// Its requests that wait.
    pub(super) requests: Vec<u64>,
    /// How many of them have a request ID.
    pub(super) asked: usize,
    /// The connection to the server on which it published first since it asked last whether that was taken.
    pub(super) unproven: Option<u64>,
}

/// All connections, by their number.
#[derive(Debug)]
pub(super) struct Clients {
    /// How much may wait for each.
    room: Room,
    last: u64,
    clients: Numbered<Client>,
}

impl Clients {
    pub(super) fn new(room: Room) -> Self {
        Self { room, last: 0, clients: Numbered::default() }
    }

    pub(super) fn add(&mut self, outbox: Outbox) -> u64 {
        self.last += 1;
        let client = Client { outbox, endpoints: Vec::new(), requests: Vec::new(), asked: 0, unproven: None };
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

    /// Hands something to a client.
    #[must_use]
    pub(super) fn deliver(&self, connection: u64, delivery: Delivery) -> Handed {
        let client = self.clients.get(&connection);
        client.map_or(Handed::TooLate, |client| client.outbox.hand_over(delivery, self.room))
    }

    /// An endpoint is elsewhere from now on.
    pub(super) fn lose(&mut self, connection: u64, endpoint: &str) {
        if let Some(client) = self.clients.get_mut(&connection) {
            take_out(&mut client.endpoints, |own| own == endpoint);
        }
    }

    /// A request of a connection is over.
    pub(super) fn end(&mut self, connection: u64, request: u64, was_asked: bool) {
        if let Some(client) = self.clients.get_mut(&connection)
            && take_out(&mut client.requests, |own| *own == request)
            && was_asked
        {
            client.asked -= 1;
        }
    }
}

/// Room for so many is kept when the last one is gone. Most connections never need more.
const FEW: usize = 8;

/// Takes one out of a few; whether it was there.
fn take_out<T>(few: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> bool {
    let place = few.iter().position(is_it);
    if let Some(place) = place {
        few.swap_remove(place);
    }
    if few.is_empty() {
        few.shrink_to(FEW);
    }
    place.is_some()
}
