//! Typed messaging: what one replica of one service says to the others (3/ISM).
//!
//! ```text
//! publish_event ──► subject of the event's type ──► Events of whoever listens
//! request ──► the service's subject ──► its replicas
//!      Call ◄── Replies: by correlation ID ◄── this replica's subject
//! ```

mod adopted;
mod call;
mod context;
mod gather;
mod listen;
mod mailroom;
mod replies;
mod spent;
mod take;
mod waiting;

pub use adopted::Adopted;
pub use context::Context;
pub use gather::Gathered;
pub use listen::{Delivery, Events};

use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_protocol::ByteString;
use kaa_protocol::ism::{Address, Awaited, Event, Message, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::deadline::within;
use crate::error::{EventError, PublishError, RequestError, SubscribeError};
use crate::message::Outgoing;
use call::OneAnswer;
use gather::Gathering;
use mailroom::Mailroom;
use replies::{Expected, Replies};
use take::Take;

/// A replica of a service, speaking to others in messages with types.
///
/// What a sender may leave empty is filled in: the correlation ID (that of the [`Context`], or a new
/// one), the timestamp, in a request the timeout, in an event the replica it comes from.
///
/// Clones are cheap and share everything.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use kaa_bus::{Bus, Delivery, Messaging, RequestError};
/// use kaa_protocol::cdtp::{ConfigApplied, ConfigRequest};
/// use kaa_protocol::name::{ReplicaId, ServiceInstance};
///
/// let cmx = Messaging::new(Bus::memory(), ServiceInstance::from_static("cmx"), ReplicaId::from_static("cmx-0"));
///
/// let mut applied = cmx.listen::<ConfigApplied>(None, Delivery::EveryReplica).await?;
/// cmx.publish_event(&ConfigApplied { endpoint_id: "ep-1".into(), ..ConfigApplied::default() }).await?;
/// let event = applied.next().await.unwrap()?;
/// assert!(cmx.is_own(&event));
///
/// let provider = ServiceInstance::from_static("cdp");
/// let request = ConfigRequest { endpoint_id: "ep-1".into(), ..ConfigRequest::default() };
/// let answer = cmx.request(provider, &request, Duration::from_secs(1)).await;
/// assert!(matches!(answer, Err(RequestError::NoResponders { .. })));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Messaging {
    replica: Arc<Replica>,
    context: Context,
}

/// What the clones share.
struct Replica {
    bus: Bus,
    instance: ServiceInstance,
    id: ReplicaId,
    /// The same as text, for the messages that name it.
    name: ByteString,
    clock: Clock,
    /// When it started, and numbers: for correlation IDs of our own.
    started: i64,
    serial: AtomicU64,
    /// One for each subject that replies come to.
    mailrooms: Mutex<HashMap<Subject, Arc<Mailroom>>>,
}

/// Who speaks, and how many calls are open.
impl fmt::Debug for Messaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replica { instance, id, .. } = &*self.replica;
        let open_calls: usize = self.replica.mailrooms().values().map(|room| room.waiting()).sum();
        f.debug_struct("Messaging")
            .field("instance", instance)
            .field("replica", id)
            .field("open_calls", &open_calls)
            .finish_non_exhaustive()
    }
}

impl Replica {
    fn mailrooms(&self) -> MutexGuard<'_, HashMap<Subject, Arc<Mailroom>>> {
        self.mailrooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Messaging {
    /// The messaging of one replica, whose ID has to be unique in the cluster. A replica has one, and
    /// clones it: to a second one, the replies to the first are strangers.
    pub fn new(bus: Bus, instance: ServiceInstance, replica: ReplicaId) -> Self {
        let clock = bus.clock();
        Self::with_clock(bus, instance, replica, clock)
    }

    /// The same with another clock for timestamps.
    pub fn with_clock(bus: Bus, instance: ServiceInstance, replica: ReplicaId, clock: Clock) -> Self {
        let replica = Replica {
            bus,
            instance,
            name: replica.as_str().into(),
            id: replica,
            clock,
            started: clock.millis(),
            serial: AtomicU64::new(0),
            mailrooms: Mutex::default(),
        };
        Self { replica: Arc::new(replica), context: Context::default() }
    }

    /// The same, carrying on what led here: its correlation ID and its trace go into every message, and no
    /// request takes longer than what is left of its time.
    #[must_use]
    pub fn within(&self, context: Context) -> Self {
        Self { replica: Arc::clone(&self.replica), context }
    }

    /// The bus underneath.
    pub fn bus(&self) -> &Bus {
        &self.replica.bus
    }

    /// The service instance that speaks.
    pub fn instance(&self) -> &ServiceInstance {
        &self.replica.instance
    }

    /// Tells everybody who listens.
    ///
    /// # Errors
    ///
    /// [`EventError`] when the event names no valid subject, or the bus did not take it.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the event may or may not have been sent.
    pub async fn publish_event<E: Event>(&self, event: &E) -> Result<(), EventError> {
        let mut event = event.clone();
        event.fill_originator(&self.replica.name);
        event.stamp(&self.context.correlation_id().unwrap_or_else(|| self.new_id()), self.now(), 0);
        let subject = Subject::from(&event.subject(&self.replica.instance)?);
        let trace = self.context.trace();
        Ok(self.replica.bus.publish_traced(subject, None, event.to_bytes(), trace).await?)
    }

    /// Asks a service ([`ServiceInstance`]) or one replica of it ([`ReplicaId`]), and waits for its response.
    ///
    /// The response comes to the subject of this replica and is matched by its correlation ID; one that
    /// comes late, twice or unasked is dropped and counted in
    /// [`BusStats::late_answers`](crate::BusStats::late_answers). The first request within a
    /// [`Context`] has its correlation ID; the following ones have a number behind it, and so have those
    /// whose ID another call has or had not long ago.
    ///
    /// # Errors
    ///
    /// [`RequestError`]. That nobody serves the subject is known at once. While several requests to one
    /// subject are open and its first replica comes at that very moment, the notice may hit another one
    /// of them than the one that found nobody; when its last one leaves, it hits the right ones. A
    /// server that does not tell what its notice is about
    /// ([`NoResponders::subject`](crate::NoResponders::subject)) is believed only when there is no doubt:
    /// of requests to several services that are sent at once, one to nobody ends at its deadline then.
    ///
    /// When no time is left, nothing is sent.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the request may have been sent; nothing is left behind.
    pub async fn request<R: Request>(
        &self,
        target: impl Into<Target>,
        request: &R,
        deadline: Duration,
    ) -> Result<R::Response, RequestError> {
        let target = target.into();
        let Some(subject) = R::ADDRESS.subject(&target) else {
            return Err(RequestError::NoSubject { target });
        };
        let deadline = self.context.limit(deadline);
        let timed_out = || RequestError::TimedOut { subject: subject.clone(), deadline };
        let start = Instant::now();
        let exchange = async {
            let mailroom = self.mailroom(&R::ADDRESS);
            let replies = mailroom.open(&self.replica.bus).await?;
            let left = time_left(start, deadline).ok_or_else(timed_out)?;
            let (sender, answer) = oneshot::channel();
            let taker = Box::new(OneAnswer::<R::Response>::new(subject.clone(), sender));
            let mut request = request.clone();
            let mut expected = self.expect(replies, &subject, &mut request, left, taker);
            let reply_to = Some(mailroom.subject().clone());
            let (payload, trace) = (request.to_bytes(), self.context.trace());
            let message = Outgoing { subject: subject.clone(), reply_to, payload, trace };
            let watch = self.replica.bus.denials().watch();
            expected.publish(&self.replica.bus, message).await?;
            // Whoever stops waiting takes the entry along.
            let answered = tokio::select! {
                biased;
                answered = answer => answered,
                forbidden = watch.denied(&subject, None) => Ok(Err(PublishError::Forbidden(forbidden).into())),
            };
            drop(expected);
            answered.unwrap_or_else(|_| Err(RequestError::Closed { subject: subject.clone() }))
        };
        let outcome = within(deadline, pin!(exchange)).await;
        outcome.unwrap_or_else(|| Err(timed_out()))
    }

    /// Tells everybody who listens, and waits until each of `receivers` has confirmed it.
    ///
    /// Returns when all have, at the deadline, or at once when nobody listens at all. Receipts of others
    /// are not wanted: they are counted in [`BusStats::late_answers`](crate::BusStats::late_answers),
    /// as are second ones.
    ///
    /// # Errors
    ///
    /// [`EventError`] when the event did not go out. Missing receipts are no error but
    /// [`Gathered::missing`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the event may have been sent; nothing is left behind.
    pub async fn publish_awaited<E: Awaited>(
        &self,
        event: &E,
        receivers: &[ServiceInstance],
        deadline: Duration,
    ) -> Result<Gathered<E::Receipt>, EventError> {
        let deadline = self.context.limit(deadline);
        let mut event = event.clone();
        event.fill_originator(&self.replica.name);
        let subject = Subject::from(&event.subject(&self.replica.instance)?);
        let gathering = Gathering::<E>::new(receivers);
        let timed_out = || EventError::TimedOut { subject: subject.clone(), deadline };
        let start = Instant::now();
        let mailroom = self.mailroom(&E::ADDRESS);
        let opened = within(deadline, pin!(mailroom.open(&self.replica.bus))).await;
        let replies = opened.ok_or_else(timed_out)??;
        let left = time_left(start, deadline).ok_or_else(timed_out)?;
        let taker = Box::new(gathering.taker());
        let mut expected = self.expect(replies, &subject, &mut event, left, taker);
        let reply_to = Some(mailroom.subject().clone());
        let (payload, trace) = (event.to_bytes(), self.context.trace());
        let message = Outgoing { subject: subject.clone(), reply_to, payload, trace };
        let watch = self.replica.bus.denials().watch();
        expected.publish(&self.replica.bus, message).await?;
        let complete = async {
            tokio::select! {
                biased;
                () = gathering.complete() => Ok(()),
                forbidden = watch.denied(&subject, None) => Err(PublishError::Forbidden(forbidden)),
            }
        };
        // At the end of the time, what has come is what there is.
        within(deadline.saturating_sub(start.elapsed()), pin!(complete)).await.unwrap_or(Ok(()))?;
        drop(expected);
        Ok(gathering.finish())
    }

    /// Listens to events of one type, from one originator or from all of them.
    ///
    /// With [`Delivery::OneReplica`], listen to an event once in a process: all listeners of a service
    /// instance share it, also two of one replica, and so do those that an extension declares. Whoever
    /// wants it in several places hands it on.
    ///
    /// # Errors
    ///
    /// As [`Bus::subscribe`].
    pub async fn listen<E: Event>(
        &self,
        originator: Option<&ServiceInstance>,
        delivery: Delivery,
    ) -> Result<Events<E>, SubscribeError> {
        let group = match delivery {
            Delivery::OneReplica => Some(&self.replica.instance),
            Delivery::EveryReplica => None,
        };
        self.replica.bus.subscribe(E::KIND.filter(originator), group).await.map(Events::new)
    }

    /// Whether this very replica sent the event.
    pub fn is_own<E: Event>(&self, event: &E) -> bool {
        event.originator_replica_id() == Some(&self.replica.name)
    }

    /// Completes a message that waits for an answer, and opens an entry for that.
    fn expect<'r, M: Message>(
        &self,
        replies: &'r Replies,
        subject: &Subject,
        message: &mut M,
        left: Duration,
        taker: Box<dyn Take>,
    ) -> Expected<'r> {
        let id = self.context.next_correlation_id().unwrap_or_else(|| self.new_id());
        let now = self.now();
        message.stamp(&id, now, timeout(now, left));
        let wanted = ByteString::from(message.header().correlation_id);
        let (id, expected) = replies.expect(&wanted, subject, taker);
        message.set_correlation_id(id);
        expected
    }

    /// Where the replies of a protocol come in.
    fn mailroom(&self, address: &Address) -> Arc<Mailroom> {
        let subject = address.reply_subject(&self.replica.instance, &self.replica.id);
        let mut mailrooms = self.replica.mailrooms();
        Arc::clone(mailrooms.entry(subject.clone()).or_insert_with(|| Arc::new(Mailroom::new(subject))))
    }

    /// A correlation ID nobody else in the cluster has, nor had this replica before it was restarted.
    fn new_id(&self) -> ByteString {
        let Replica { name, started, serial, .. } = &*self.replica;
        format!("{name}-{started:x}-{:x}", serial.fetch_add(1, Ordering::Relaxed)).into()
    }

    fn now(&self) -> i64 {
        self.replica.clock.millis()
    }
}

/// What is left of a time; `None` when that is nothing.
fn time_left(start: Instant, deadline: Duration) -> Option<Duration> {
    deadline.checked_sub(start.elapsed()).filter(|left| !left.is_zero())
}

/// How long a message is worth handling, in the milliseconds of the wire; 0, which is forever, when that
/// is longer than their clock goes.
fn timeout(now: i64, left: Duration) -> i64 {
    let timeout = i64::try_from(left.as_millis()).ok();
    let expires = timeout.filter(|timeout| now.checked_add(*timeout).is_some());
    expires.map_or(0, |timeout| timeout.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_whole_milliseconds_but_never_none_by_accident() {
        assert_eq!(timeout(0, Duration::from_millis(1500)), 1500);
        assert_eq!(timeout(0, Duration::from_micros(1)), 1);
        let now = 1_767_225_600_000;
        assert_eq!(timeout(now, Duration::from_millis(1) * u32::MAX), i64::from(u32::MAX));
        assert_eq!(timeout(now, Duration::from_millis(i64::MAX.unsigned_abs())), 0);
        assert_eq!(timeout(now, Duration::MAX), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replica_that_starts_again_has_other_correlation_ids() {
        let (bus, clock) = (Bus::memory(), Clock::tokio());
        let start = || {
            let (cmx, replica) = (ServiceInstance::from_static("cmx"), ReplicaId::from_static("cmx-0"));
            Messaging::with_clock(bus.clone(), cmx, replica, clock)
        };
        let first = start();
        let ids = [first.new_id(), first.new_id()];
        assert_eq!(ids, ["cmx-0-19b76daa800-0", "cmx-0-19b76daa800-1"]);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(start().new_id(), "cmx-0-19b76daa801-0");
    }
}
