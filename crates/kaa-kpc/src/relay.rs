//! The side of the communication service that extensions see (4/ESP): requests of clients go out, answers
//! and pushes come back to the connection they belong to.
//!
//! ```text
//!  front end ── Connection::request ──► Core ── ClientData ──► the extension, or the replica of a pinned session
//!               Relay::ask                │
//! Deliveries ◄── Delivery ── Pending: by correlation ID ◄── this replica's subject: answers, notices
//!            ◄── Delivery ── Endpoints: who used it last ◄── pushes, also on the subject of all replicas
//!                                  └──► 9/ELCE connected, disconnected
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `request`, `delivery` | what a client asks, what comes to it |
//! | `connection`, `clients` | a client that stays; all of them |
//! | `outbox`, `deliveries` | what waits for one, at the relay's end and at its own |
//! | `core`, `incoming`, `pushes`, `tasks` | the way out, the ways back, and what happens by itself |
//! | `dialects`, `correlation` | how requests are written and answers are read, and which belong together |
//! | `state` | everything known, behind one lock |
//! | `pending` | requests that wait for their end |
//! | `line`, `wire` | which of them is the oldest, and which one a notice is about |
//! | `barrier` | whether the server has what was published |
//! | `pins` | sessions that a replica of an extension asked for |
//! | `endpoints`, `presence` | which connection speaks for an endpoint; telling others |
//! | `options`, `counters`, `numbers` | bounds, what happened, maps |
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kaa_bus::Bus;
//! use kaa_kpc::relay::{Asked, Relay, RelayOptions, Request};
//! use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
//!
//! let relay = Relay::start(Bus::memory(), RelayOptions::default()).await?;
//! let (connection, mut deliveries) = relay.connect();
//!
//! let topic = "kp1/sensor-v1/clock/time/03";
//! let path = RequestPath::from_topic(topic, |_| EndpointAwareness::Unaware)?;
//! connection.request(&Request::new(path, "".into()), Asked { topic: topic.into(), mark: 0 });
//!
//! // Nobody serves it here, and that is known at once.
//! let delivery = deliveries.next().await.unwrap();
//! assert_eq!(delivery.topic(), "kp1/sensor-v1/clock/time/03/error");
//! # Ok(()) }
//! ```

mod barrier;
mod clients;
mod connection;
mod core;
mod correlation;
mod counters;
mod deliveries;
mod delivery;
mod dialects;
mod endpoints;
mod incoming;
mod line;
mod numbers;
mod options;
mod outbox;
mod pending;
mod pins;
mod presence;
mod pushes;
mod request;
mod state;
mod tasks;
mod wire;

pub use barrier::NotTaken;
pub use connection::Connection;
pub use counters::Counters;
pub use deliveries::Deliveries;
pub use delivery::{Answer, Delivery};
pub use options::RelayOptions;
pub use request::{Asked, Request, ResolvedEndpoint};

use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Bus, FenceError, Messaging, SubscribeError};
use kaa_protocol::kp1::RequestId;
use tokio::sync::oneshot;

use self::core::Core;
use self::delivery::Refusal;
use self::outbox::outbox;
use self::pending::Recipient;
use self::tasks::Tasks;

/// One replica of the communication service, as extensions see it.
///
/// Clones are cheap and share everything. When the last one is dropped, the relay ends at once;
/// [`stop`](Self::stop) ends it in order.
#[derive(Debug, Clone)]
pub struct Relay {
    core: Arc<Core>,
    tasks: Arc<Tasks>,
}

impl Relay {
    /// Starts to listen for what extensions send to this replica and to the service.
    ///
    /// # Errors
    ///
    /// As [`Bus::subscribe`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, there is no relay.
    pub async fn start(bus: Bus, options: RelayOptions) -> Result<Self, SubscribeError> {
        let core = Arc::new(Core::new(bus, options));
        let tasks = Arc::new(Tasks::start(&core).await?);
        Ok(Self { core, tasks })
    }

    /// A client connected. What comes to it has to be taken: the relay never waits for a client, and ends
    /// the deliveries of one that falls behind ([`RelayOptions::outbox`]). Those of one that comes while the
    /// relay stops end at once.
    pub fn connect(&self) -> (Connection, Deliveries) {
        let (outbox, inlet) = outbox();
        let mut state = self.core.lock();
        let id = state.clients.add(outbox);
        if state.is_stopping {
            // Later, nobody might be left to end it.
            state.clients.remove(id);
        }
        drop(state);
        let deliveries = Deliveries::new(Arc::clone(&self.core), inlet);
        (Connection::new(Arc::clone(&self.core), id), deliveries)
    }

    /// Waits until the server has taken what was published up to this call, as [`Connection::taken`] does
    /// for the requests of one connection.
    ///
    /// It goes by the last request of all connections. When another one may have been sent since the request
    /// that matters, and the connection to the server been lost in between, only that connection knows.
    ///
    /// # Errors
    ///
    /// [`NotTaken`]: it may be lost.
    pub fn taken(&self) -> impl Future<Output = Result<(), NotTaken>> + Send + use<> + 'static {
        let published_on = self.core.lock().published_on;
        self.core.barrier.pass(published_on.unwrap_or_else(|| self.core.bus().connects()))
    }

    /// Asks an extension, and waits: for a client that has no connection to stay on, such as one of HTTP.
    ///
    /// There always is an answer, within the request timeout. The path needs no request ID: the extension
    /// gets one in any case. The endpoint stays with the connection that speaks for it, if there is one.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the request may have been sent; nothing is left behind.
    pub async fn ask(&self, request: &Request) -> Answer {
        let id = self.core.next_id();
        let (caller, mut answer) = oneshot::channel();
        let mut request = request.clone();
        let number = u32::try_from(id & u64::from(RequestId::MAX.get())).unwrap_or_default();
        request.path.request_id = RequestId::try_from(number).ok();
        let asking = Asking { core: &self.core, id };
        self.core.send(id, &request, Recipient::Caller(caller));
        // By reference: who gives up does so before the answer can find nobody.
        let answer = (&mut answer).await;
        asking.has_taken();
        // Every request is settled before its entry goes.
        answer.unwrap_or_else(|_| Refusal::Stopping.into())
    }

    /// This replica, speaking to other services than extensions.
    pub fn messaging(&self) -> Messaging {
        self.core.messaging.clone()
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.core.tally.snapshot()
    }

    /// Ends the relay in order: refuses new requests, waits at most `grace` for the answers to those with
    /// a request ID (then they get 503), tells others which endpoints are gone, and makes sure that the
    /// server has it all. The outboxes end.
    ///
    /// # Errors
    ///
    /// [`FenceError`] when the server did not confirm within `grace` or
    /// [`RelayOptions::taken_timeout`], whichever is shorter. The relay has ended all the same.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the relay takes no requests any more, but has not ended. Call it again.
    pub async fn stop(&self, grace: Duration) -> Result<(), FenceError> {
        self.core.lock().is_stopping = true;
        self.core.settled(grace).await;
        self.core.refuse_all(&Refusal::Stopping);
        self.core.leave_all();
        // A server that is frozen or has just gone must not hold up the end for as long as answers may take.
        let confirmation = grace.min(self.core.options.taken_timeout);
        // What is left over is counted.
        let _ = tokio::time::timeout(confirmation, self.core.announce_all()).await;
        self.core.end_announcements();
        let confirmed = self.core.bus().fence(confirmation).await;
        self.tasks.end();
        confirmed
    }
}

/// Gives a request up when its caller does.
struct Asking<'a> {
    core: &'a Core,
    id: u64,
}

impl Asking<'_> {
    fn has_taken(self) {
        self.core.tally.taken();
        std::mem::forget(self);
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if self.core.abandon(self.id) {
            self.core.tally.untaken();
        }
    }
}
