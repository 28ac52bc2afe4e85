//! What one relay knows, and what requests and their ends do to it. Nothing in here waits or publishes.

use kaa_protocol::name::{EndpointToken, ServiceInstance};

use super::clients::Clients;
use super::counters::Tally;
use super::delivery::{Answer, Delivery, Refusal};
use super::dialects::Routes;
use super::endpoints::{Endpoints, Use};
use super::options::RelayOptions;
use super::outbox::{Handed, Room};
use super::pending::{Pending, Recipient, Waiting};
use super::pins::{Party, Pins, Wish};
use super::request::Request;

/// Everything behind the relay's lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) pending: Pending,
    pub(super) clients: Clients,
    pub(super) endpoints: Endpoints,
    pub(super) pins: Pins,
    pub(super) routes: Routes,
    /// On which connection to the server the last request went out.
    pub(super) published_on: Option<u64>,
    /// Another replica of the service was heard of.
    pub(super) has_peers: bool,
    /// No request is taken any more.
    pub(super) is_stopping: bool,
}

impl State {
    pub(super) fn new(options: &RelayOptions) -> Self {
        Self {
            pending: Pending::default(),
            clients: Clients::new(Room { deliveries: options.outbox, bytes: options.outbox_bytes }),
            endpoints: Endpoints::default(),
            pins: Pins::new(options.pins),
            routes: Routes::new(&options.dialects),
            published_on: None,
            has_peers: false,
            is_stopping: false,
        }
    }

    /// Notes that a connection speaks for the endpoint of a request. Whether that is news to others.
    pub(super) fn note_use(
        &mut self,
        connection: u64,
        request: &Request,
        options: &RelayOptions,
    ) -> Result<bool, Refusal> {
        let Some(endpoint) = &request.endpoint else { return Ok(false) };
        let limit = options.endpoints_per_connection;
        let Some(client) = self.clients.get_mut(connection) else { return Ok(false) };
        if client.endpoints.len() >= limit && !client.endpoints.contains(&endpoint.endpoint_id) {
            return Err(Refusal::TooManyEndpoints(limit));
        }
        let token: Option<&EndpointToken> = request.path.endpoint.as_ref();
        let Use::Arrived { from } = self.endpoints.use_on(connection, endpoint, token) else {
            return Ok(false);
        };
        if let Some(from) = from {
            self.clients.lose(from, endpoint.endpoint_id.as_str());
        }
        if let Some(client) = self.clients.get_mut(connection) {
            client.endpoints.push(endpoint.endpoint_id.clone());
        }
        Ok(true)
    }

    /// Whether one more request fits.
    pub(super) fn admit(
        &mut self,
        connection: Option<u64>,
        request: &Request,
        options: &RelayOptions,
    ) -> Result<(), Refusal> {
        if self.is_stopping {
            return Err(Refusal::Stopping);
        }
        if request.path.request_id.is_none() {
            return Ok(());
        }
        let client = connection.and_then(|connection| self.clients.get_mut(connection));
        if client.is_some_and(|client| client.asked >= options.in_flight_per_connection) {
            return Err(Refusal::ConnectionBusy(options.in_flight_per_connection));
        }
        if self.pending.asked() >= options.in_flight { Err(Refusal::Busy) } else { Ok(()) }
    }

    /// A request has gone out on a connection to the server.
    pub(super) fn published_on(&mut self, connection: Option<u64>, connects: u64) {
        self.published_on = Some(connects);
        if let Some(client) = connection.and_then(|connection| self.clients.get_mut(connection)) {
            client.unproven.get_or_insert(connects);
        }
    }

    /// A request of a connection has gone out.
    pub(super) fn begin(&mut self, connection: u64, id: u64, is_asked: bool) {
        if let Some(client) = self.clients.get_mut(connection) {
            client.requests.push(id);
            client.asked += usize::from(is_asked);
        }
    }

    /// Follows what a message of an extension says about the requests that come.
    pub(super) fn follow(&mut self, wish: Wish, party: Option<Party>, extension: &ServiceInstance) {
        let Some(party) = party else { return };
        match wish {
            Wish::Here(subject) => self.pins.set(party, extension, subject),
            Wish::Anywhere => self.pins.remove(&party, extension),
            Wish::Confirm(_) | Wish::Hostile => {}
        }
    }

    /// Tells the one who asked how it went; it is not among those that wait any more. Of a success without a
    /// request ID nobody is [told](Self::forget).
    pub(super) fn settle(&mut self, id: u64, request: Waiting, answer: Answer, tally: &Tally) {
        let was_asked = request.request_id.is_some();
        request.ends(answer.status_code);
        match request.recipient {
            Recipient::Client { connection, asked } => {
                self.clients.end(connection, id, was_asked);
                if !self.deliver(connection, Delivery::Answer { asked, answer }, tally) {
                    tally.undelivered();
                }
            }
            Recipient::Caller(caller) => {
                if caller.send(answer).is_err() {
                    tally.undelivered();
                }
            }
        }
    }

    /// Hands something to a client; whether that was possible.
    pub(super) fn deliver(&self, connection: u64, delivery: Delivery, tally: &Tally) -> bool {
        let handed = self.clients.deliver(connection, delivery);
        match handed {
            Handed::Over | Handed::TooLate => {}
            Handed::TooMuch => tally.lagged(),
        }
        handed == Handed::Over
    }

    /// A request ends without a word.
    pub(super) fn forget(&mut self, id: u64, request: &Waiting) {
        if let Recipient::Client { connection, .. } = request.recipient {
            self.clients.end(connection, id, request.request_id.is_some());
        }
    }

    /// A connection ends, with all that hangs on it. Whether others have to be told.
    pub(super) fn leave(&mut self, connection: u64, tally: &Tally) -> bool {
        let Some(client) = self.clients.remove(connection) else { return false };
        self.clean_up(connection, client, tally)
    }

    /// The same for any connection; `None` when there is none left.
    pub(super) fn leave_any(&mut self, tally: &Tally) -> Option<bool> {
        let (connection, client) = self.clients.pop()?;
        Some(self.clean_up(connection, client, tally))
    }

    fn clean_up(&mut self, connection: u64, client: super::clients::Client, tally: &Tally) -> bool {
        for id in client.requests {
            if self.pending.give_up(id).is_some() {
                tally.abandoned();
            }
        }
        self.pins.remove_all(&Party::Connection(connection));
        for endpoint in &client.endpoints {
            self.pins.remove_all(&Party::Endpoint(endpoint.clone()));
        }
        self.endpoints.depart(client.endpoints)
    }

    /// Another replica of the service has an endpoint from now on.
    pub(super) fn is_elsewhere(&mut self, endpoint: &str) {
        let Some(connection) = self.endpoints.is_elsewhere(endpoint) else { return };
        self.clients.lose(connection, endpoint);
        if let Ok(endpoint) = endpoint.parse() {
            self.pins.remove_all(&Party::Endpoint(endpoint));
        }
    }
}
