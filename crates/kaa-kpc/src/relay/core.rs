//! What the tasks and the connections of one relay share, and the way of a request to its extension.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_bus::{Bus, Messaging, PublishError};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ClientData, Revision};
use kaa_protocol::subject::{Subject, Target};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::counters::Tally;
use super::delivery::{Answer, Refusal};
use super::options::RelayOptions;
use super::pending::{Pinned, Recipient, Waiting};
use super::request::Request;
use super::state::State;

/// The living part of a relay.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) messaging: Messaging,
    pub(super) options: RelayOptions,
    pub(super) tally: Tally,
    /// Where answers come to this replica, and where they come to all of them.
    pub(super) own_subject: Subject,
    pub(super) service_subject: Subject,
    /// What the correlation IDs of this replica begin with.
    prefix: String,
    serial: AtomicU64,
    state: Mutex<State>,
    /// There is a first request to wait for.
    pub(super) clock: Notify,
    /// There is something to tell others about endpoints.
    pub(super) news: Notify,
    /// The last request is answered, and the relay is stopping.
    pub(super) idle: Notify,
    /// Announcements are made by one at a time.
    pub(super) announcing: tokio::sync::Mutex<()>,
}

impl Core {
    pub(super) fn new(bus: Bus, options: RelayOptions) -> Self {
        let RelayOptions { instance, replica, clock, .. } = &options;
        let subject = |target| Subject::from(&esp::extension_data_subject(target));
        Self {
            own_subject: subject(Target::Replica(replica.clone())),
            service_subject: subject(Target::Service(instance.clone())),
            prefix: format!("{replica}-{:x}-", clock.millis()),
            messaging: Messaging::with_clock(bus, instance.clone(), replica.clone(), *clock),
            serial: AtomicU64::new(0),
            state: Mutex::new(State::new(&options)),
            tally: Tally::default(),
            clock: Notify::new(),
            news: Notify::new(),
            idle: Notify::new(),
            announcing: tokio::sync::Mutex::default(),
            options,
        }
    }

    pub(super) fn bus(&self) -> &Bus {
        self.messaging.bus()
    }

    /// Nothing in the relay panics with the lock held, so a poisoned one is still a good one.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a request.
    pub(super) fn next_id(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// The number of the request that a correlation ID of this replica is about.
    pub(super) fn request_of(&self, correlation_id: &str) -> Option<u64> {
        let serial = correlation_id.strip_prefix(&self.prefix)?;
        // Only the text that was sent: no sign, no upper case, no leading zero.
        u64::from_str_radix(serial, 16).ok().filter(|id| format!("{id:x}") == serial)
    }

    /// Sends a request to its extension, or tells who asks why not. From now on, it ends exactly once.
    pub(super) fn send(&self, id: u64, request: &Request, recipient: Recipient) {
        self.tally.requests();
        let connection = match &recipient {
            Recipient::Client { connection, .. } => Some(*connection),
            Recipient::Caller(_) => None,
        };
        let deadline = Instant::now() + self.options.request_timeout;
        let request_id = request.path.request_id;
        let mut waiting = Waiting::new(recipient, request_id, request.path.extension.clone(), deadline);
        waiting.endpoint = request.endpoint.as_ref().map(|endpoint| endpoint.endpoint_id.clone());
        waiting.party = request.party(connection);
        let datum = self.encode(id, request);
        let mut state = self.lock();
        let state = &mut *state;
        match datum.and_then(|datum| self.publish(state, connection, request, datum)) {
            Ok(Published { subject, pinned }) => {
                if state.pending.next_deadline().is_none() {
                    self.clock.notify_one();
                }
                waiting.pinned = pinned;
                state.pending.sent(id, subject, waiting);
                if let Some(connection) = connection {
                    state.begin(connection, id, request_id.is_some());
                }
                if let Some((id, oldest)) = state.pending.superfluous(self.options.without_answer) {
                    self.tally.silent();
                    state.forget(id, &oldest);
                }
            }
            Err(refusal) => self.refuse(state, id, waiting, refusal),
        }
    }

    fn encode(&self, id: u64, request: &Request) -> Result<Bytes, Refusal> {
        let timeout = i64::try_from(self.options.request_timeout.as_millis()).unwrap_or(i64::MAX);
        let correlation_id = format!("{}{id:x}", self.prefix);
        let data = ClientData {
            correlation_id: &correlation_id,
            timestamp: self.options.clock.millis(),
            timeout: timeout.max(1),
            app_version_name: request.app_version().as_str(),
            endpoint_id: request.endpoint.as_ref().map(|endpoint| endpoint.endpoint_id.as_str()),
            resource_path: request.path.resource_path.as_str(),
            request_id: request.path.request_id.map(i32::from),
            payload: &request.payload,
            config_name: request.config_name.as_ref().map(AsRef::as_ref),
        };
        let is_named = data.config_name.is_some();
        let revision = if is_named { Revision::Current } else { self.options.revision };
        data.encode(revision).map_err(|_| Refusal::Unwritable)
    }

    /// Publishes under the lock, so that requests are known in the order in which the server gets them.
    fn publish(
        &self,
        state: &mut State,
        connection: Option<u64>,
        request: &Request,
        datum: Bytes,
    ) -> Result<Published, Refusal> {
        let use_of_endpoint = connection.map(|on| state.note_use(on, request, &self.options));
        if use_of_endpoint.transpose()? == Some(true) {
            self.news.notify_one();
        }
        state.admit(connection, request, &self.options)?;
        let extension = &request.path.extension;
        let pin = request.party(connection).and_then(|party| state.pins.get(&party, extension).cloned());
        let Some(subject) = pin else {
            let subject = service_wide(request.path.extension.clone());
            self.publish_to(&subject, datum)?;
            return Ok(Published { subject, pinned: None });
        };
        let has_room = state.pending.kept().saturating_add(datum.len()) <= self.options.kept_bytes;
        let pinned = Pinned { subject: subject.clone(), datum: has_room.then(|| datum.clone()) };
        self.publish_to(&subject, datum)?;
        Ok(Published { subject, pinned: Some(pinned) })
    }

    /// Publishes a message to an extension; answers come to this replica.
    pub(super) fn publish_to(&self, subject: &Subject, datum: Bytes) -> Result<(), Refusal> {
        let published = self.bus().try_publish(subject.clone(), Some(self.own_subject.clone()), datum);
        published.map_err(|error| match error {
            PublishError::TooLarge { size, limit, .. } => Refusal::TooLarge { size, limit },
            PublishError::Full { .. } | PublishError::TimedOut { .. } => Refusal::Busy,
            _ => Refusal::BusAway,
        })
    }

    /// Ends a request with an error of our own.
    pub(super) fn refuse(&self, state: &mut State, id: u64, request: Waiting, refusal: Refusal) {
        match &refusal {
            Refusal::TimedOut { .. } => self.tally.timed_out(),
            _ => self.tally.refused(),
        }
        state.settle(id, request, Answer::from(refusal), &self.tally);
        self.look_idle(state);
    }

    /// Ends all requests that wait.
    pub(super) fn refuse_all(&self, refusal: &Refusal) {
        let mut state = self.lock();
        while let Some((id, request)) = state.pending.pop() {
            if request.request_id.is_some() {
                self.refuse(&mut state, id, request, refusal.clone());
            } else {
                self.tally.silent();
                state.forget(id, &request);
            }
        }
    }

    /// The one who asked does not wait any more.
    pub(super) fn abandon(&self, id: u64) {
        let mut state = self.lock();
        if state.pending.give_up(id).is_some() {
            self.tally.abandoned();
            self.look_idle(&state);
        }
    }

    /// A connection is gone.
    pub(super) fn leave(&self, connection: u64) {
        let mut state = self.lock();
        if state.leave(connection, &self.tally) {
            self.news.notify_one();
        }
        self.look_idle(&state);
    }

    /// All connections are gone.
    pub(super) fn leave_all(&self) {
        let mut state = self.lock();
        while state.leave_any(&self.tally).is_some() {}
    }

    /// Tells the one who stops the relay when there is nothing left to wait for.
    pub(super) fn look_idle(&self, state: &State) {
        if state.is_stopping && state.pending.asked() == 0 {
            self.idle.notify_one();
        }
    }
}

/// What was published, and where.
struct Published {
    subject: Subject,
    pinned: Option<Pinned>,
}

/// Where requests for an extension go that are not pinned.
pub(super) fn service_wide(extension: kaa_protocol::name::ServiceInstance) -> Subject {
    Subject::from(&esp::client_data_subject(Target::Service(extension)))
}
