//! What the tasks and the connections of one relay share, and the way of a request to its extension.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_bus::trace::TraceContext;
use kaa_bus::{Bus, Messaging, PublishError, planted};
use kaa_process::trace::{About, Kind, Trace};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::subject::Subject;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::barrier::Barrier;
use super::correlation::Correlation;
use super::counters::Tally;
use super::delivery::{Answer, Refusal};
use super::dialects::{Route, Validity, encode};
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
    pub(super) esp: Ways,
    pub(super) ecs2ext: Ways,
    correlation: Correlation,
    serial: AtomicU64,
    /// The timeout of requests, in the milliseconds of the wire.
    timeout: i64,
    state: Mutex<State>,
    pub(super) barrier: Barrier,
    /// There is a first request to wait for.
    pub(super) clock: Notify,
    /// There is something to tell others about endpoints.
    pub(super) news: Notify,
    /// The last request is answered, and the relay is stopping.
    pub(super) idle: Notify,
    /// Announcements are made by one at a time.
    pub(super) announcing: tokio::sync::Mutex<()>,
}

/// Where answers in one dialect come: to this replica, and to all of them.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) own: Subject,
    pub(super) service: Subject,
}

impl Core {
    pub(super) fn new(bus: Bus, options: RelayOptions) -> Self {
        let RelayOptions { instance, replica, clock, .. } = &options;
        let ways = |dialect: Dialect| Ways {
            own: dialect.answers(instance, Some(replica)),
            service: dialect.answers(instance, None),
        };
        Self {
            esp: ways(Dialect::Esp),
            ecs2ext: ways(Dialect::Ecs2Ext),
            correlation: Correlation::new(replica, *clock),
            messaging: Messaging::with_clock(bus, instance.clone(), replica.clone(), *clock),
            serial: AtomicU64::new(0),
            timeout: i64::try_from(options.request_timeout.as_millis()).unwrap_or(i64::MAX).max(1),
            state: Mutex::new(State::new(&options)),
            tally: Tally::default(),
            barrier: Barrier::new(options.taken_timeout),
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

    pub(super) fn ways(&self, dialect: Dialect) -> &Ways {
        match dialect {
            Dialect::Esp => &self.esp,
            Dialect::Ecs2Ext => &self.ecs2ext,
        }
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
        self.correlation.request_of(correlation_id)
    }

    /// Sends a request to its extension, or tells who asks why not. From now on, it ends exactly once. Whether
    /// it has gone out.
    pub(super) fn send(&self, id: u64, request: &Request, recipient: Recipient) -> bool {
        let connection = match &recipient {
            Recipient::Client { connection, .. } => Some(*connection),
            Recipient::Caller(_) => None,
        };
        let patience = if planted!("a late reply") { 2 } else { 1 } * self.options.request_timeout;
        let deadline = Instant::now() + patience;
        let mut waiting =
            Waiting::new(recipient, request.path.request_id, request.path.extension.clone(), deadline);
        waiting.party = request.party(connection);
        if Trace::may_be_wanted(request.trace.as_ref()) {
            waiting.trace = self.trace(id, request).map(Box::new);
        }
        let mut state = self.lock();
        let state = &mut *state;
        self.tally.requests();
        // Before the publish: what goes out on a later connection is only doubted without need.
        let connects = self.bus().connects();
        match self.publish(state, id, request, connection, &mut waiting) {
            Ok(subject) => {
                state.published_on(waiting.recipient.wants_proof(), connects);
                self.sent(state, id, subject, waiting);
                true
            }
            Err(refusal) => {
                self.refuse(state, id, waiting, refusal);
                false
            }
        }
    }

    /// The span of a request, until its end.
    #[cold]
    fn trace(&self, id: u64, request: &Request) -> Option<Trace> {
        let correlation_id = self.correlation.id_of(id);
        let about = About {
            kind: Kind::Device,
            replica: self.options.replica.as_str(),
            correlation_id: &correlation_id,
            endpoint_id: request.endpoint.as_ref().map(|endpoint| endpoint.endpoint_id.as_str()),
            extension: request.path.extension.as_str(),
            resource: request.path.resource_path.as_str(),
        };
        Trace::begin(&about, request.trace.as_ref())
    }

    /// A request waits for its end from now on.
    fn sent(&self, state: &mut State, id: u64, subject: Subject, mut waiting: Waiting) {
        waiting.expecting = waiting.request_id.is_some().then(|| self.bus().expecting());
        if state.pending.is_empty() {
            self.clock.notify_one();
        }
        if let Recipient::Client { connection, .. } = waiting.recipient {
            state.begin(connection, id, waiting.request_id.is_some());
        }
        state.pending.sent(id, subject, waiting);
        if let Some((id, oldest)) = state.pending.superfluous(self.options.without_answer) {
            self.tally.unanswered();
            state.forget(id, &oldest);
        }
    }

    /// Publishes under the lock, so that requests are known in the order in which the server gets them.
    fn publish(
        &self,
        state: &mut State,
        id: u64,
        request: &Request,
        connection: Option<u64>,
        waiting: &mut Waiting,
    ) -> Result<Subject, Refusal> {
        if let Some(connection) = connection
            && state.note_use(connection, request, &self.options)?
        {
            self.news.notify_one();
        }
        state.admit(connection, request, &self.options)?;
        let Route { dialect, subject } = state.routes.to(&request.path.extension);
        waiting.dialect = dialect;
        let datum = self.encode(dialect, id, request)?;
        let pin = waiting.party.as_ref().and_then(|party| state.pins.get(party, &waiting.extension));
        let Some(pin) = pin.cloned() else {
            self.publish_to(dialect, &subject, datum, waiting.context())?;
            return Ok(subject);
        };
        let has_room = state.pending.kept().saturating_add(datum.len()) <= self.options.kept_bytes;
        let kept = has_room.then(|| datum.clone());
        self.publish_to(dialect, &pin, datum, waiting.context())?;
        waiting.pinned = Some(Box::new(Pinned { subject: pin.clone(), datum: kept }));
        Ok(pin)
    }

    fn encode(&self, dialect: Dialect, id: u64, request: &Request) -> Result<Bytes, Refusal> {
        let validity = Validity { timestamp: self.options.clock.millis(), timeout: self.timeout };
        encode(dialect, request, &self.correlation.id_of(id), validity, self.options.revision)
    }

    /// Publishes a request to an extension; answers come to this replica.
    pub(super) fn publish_to(
        &self,
        dialect: Dialect,
        subject: &Subject,
        datum: Bytes,
        trace: Option<TraceContext>,
    ) -> Result<(), Refusal> {
        let reply_to = self.ways(dialect).own.clone();
        let published = self.bus().try_publish_traced(subject.clone(), Some(reply_to), datum, trace);
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
                self.tally.unanswered();
                state.forget(id, &request);
            }
        }
        self.check(&state);
    }

    /// The one who asked does not wait any more. Whether the request has ended before.
    pub(super) fn abandon(&self, id: u64) -> bool {
        let mut state = self.lock();
        let has_ended = state.pending.give_up(id).is_none();
        if !has_ended {
            self.tally.abandoned();
            self.look_idle(&state);
        }
        self.check(&state);
        has_ended
    }

    /// A connection is gone.
    pub(super) fn leave(&self, connection: u64) {
        let mut state = self.lock();
        if state.leave(connection, &self.tally) {
            self.news.notify_one();
        }
        self.look_idle(&state);
        self.check(&state);
    }

    /// All connections are gone.
    pub(super) fn leave_all(&self) {
        let mut state = self.lock();
        while state.leave_any(&self.tally).is_some() {}
    }

    /// Every message is accounted for, in every test: what the sums are of changes only with the lock held.
    pub(super) fn check(&self, state: &State) {
        // A test that fails anyway should say why, and no more.
        if cfg!(debug_assertions) && !std::thread::panicking() {
            let (counters, pending) = (self.tally.snapshot(), state.pending.len());
            assert!(counters.is_balanced_beside(pending), "{pending} requests wait beside {counters:?}");
        }
    }

    /// Tells the one who stops the relay when there is nothing left to wait for.
    pub(super) fn look_idle(&self, state: &State) {
        if state.is_stopping && state.pending.asked() == 0 {
            self.idle.notify_one();
        }
    }
}
