//! The last station of a message: where the answer goes, its encoding, its publication.

mod confirmations;
mod delivery;
mod encode;
mod kept;
mod notes;
mod return_paths;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use kaa_bus::trace::TraceContext;
use kaa_bus::{Bus, Clock, Messaging, PublishError};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;
use kaa_protocol::kp1::RequestId;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::Subject;

use crate::counters::Tally;
use crate::failure::Failure;
use crate::figures::Figures;
use crate::message::AnyMessage;
use crate::reply::Reply;
use confirmations::Confirmations;
use delivery::{Addressed, Full};
use encode::Pen;
use notes::Notes;
use return_paths::ReturnPaths;

/// Turns replies into messages and hands them to the bus.
pub(crate) struct Outlet {
    bus: Bus,
    messaging: Messaging,
    clock: Clock,
    identity: Identity,
    esp: Way,
    ecs2ext: Way,
    /// A stopping replica binds no more sessions to itself.
    stopping: AtomicBool,
    /// The number of the next push. They go on from the microsecond the replica started in, so that a
    /// replica that starts again under its name does not take a late status message for a new push.
    pushes: AtomicU64,
    confirmations: Confirmations,
    return_paths: ReturnPaths,
    notes: Notes,
    pen: Pen,
    tally: Arc<Tally>,
    figures: Arc<Figures>,
}

/// Who this replica is, as far as its messages say so.
pub(crate) struct Identity {
    pub(crate) instance: ServiceInstance,
    pub(crate) replica: ReplicaId,
    pub(crate) communication_service: ServiceInstance,
    pub(crate) revision: Revision,
    /// The dialect for devices that were not heard from.
    pub(crate) dialect: Dialect,
}

/// The subjects of one dialect.
struct Way {
    /// Where answers go that have no return address: the communication service as a whole.
    service_wide: Subject,
    /// Where requests of pinned sessions are to come: this replica.
    own_replica: Subject,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The bus has it.
    Published,
    /// Nobody wanted it.
    Silent,
    /// The bus did not take it.
    Failed,
}

impl Outlet {
    pub(crate) fn new(
        bus: Bus,
        clock: Clock,
        identity: Identity,
        tally: Arc<Tally>,
        figures: Arc<Figures>,
    ) -> Self {
        let Identity { instance, replica, communication_service, .. } = &identity;
        let way = |dialect: Dialect| Way {
            service_wide: dialect.answers(communication_service, None),
            own_replica: dialect.requests(instance, Some(replica)),
        };
        let notes = Notes::new(bus.random());
        let started = clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let started = u64::try_from(started).unwrap_or_default();
        Self {
            messaging: Messaging::with_clock(bus.clone(), instance.clone(), replica.clone(), clock),
            esp: way(Dialect::Esp),
            ecs2ext: way(Dialect::Ecs2Ext),
            bus,
            clock,
            identity,
            stopping: AtomicBool::new(false),
            pushes: AtomicU64::new(started),
            confirmations: Confirmations::default(),
            return_paths: ReturnPaths::default(),
            notes,
            pen: Pen::default(),
            tally,
            figures,
        }
    }

    /// From now on no session is bound to this replica.
    pub(crate) fn stop_pinning(&self) {
        self.stopping.store(true, Relaxed);
    }

    /// Speaking to other services.
    pub(crate) fn messaging(&self) -> &Messaging {
        &self.messaging
    }

    /// The replica's identity on the bus.
    pub(crate) fn replica(&self) -> &ReplicaId {
        &self.identity.replica
    }

    /// The dialect for devices that were not heard from.
    pub(crate) fn dialect(&self) -> Dialect {
        self.identity.dialect
    }

    /// The name of the function with this number.
    pub(crate) fn function(&self, number: usize) -> &'static str {
        self.figures.of(number).labels.function
    }

    /// The time now, in Unix milliseconds.
    pub(crate) fn millis(&self) -> i64 {
        self.clock.millis()
    }

    /// Answers a request. A success nobody asked to hear of is not sent.
    pub(crate) async fn answer(&self, to: &Receiver<'_>, reply: &Reply) -> Sent {
        if let Ok(sent) = self.try_answer(to, reply) {
            return sent;
        }
        let Some(message) = self.addressed(to, reply, self.pin(to)) else { return Sent::Silent };
        // In a box, or every handler that waits would hold room for what hardly ever happens.
        let published = Box::pin(self.publish(&message)).await;
        published.map_or_else(|error| Self::not_sent(to, &error), |()| Sent::Published)
    }

    /// The same without waiting.
    pub(crate) fn try_answer(&self, to: &Receiver<'_>, reply: &Reply) -> Result<Sent, Full> {
        if !to.wants(reply) {
            return Ok(Sent::Silent);
        }
        let pin = self.pin(to);
        let published = if pin.is_some() || self.return_paths.have_failed() {
            let Some(message) = self.addressed(to, reply, pin) else { return Ok(Sent::Silent) };
            self.try_publish(&message)
        } else {
            // Mostly nobody has to remember what was sent, and nothing of it is kept.
            let Some((subject, datum)) = self.letter(to, reply, false) else { return Ok(Sent::Silent) };
            self.bus.try_publish_traced(subject.clone(), None, datum, to.trace.cloned())
        };
        match published {
            Ok(()) => Ok(Sent::Published),
            Err(PublishError::Full { .. }) => Err(Full),
            Err(PublishError::TooLarge { .. }) if reply.is_large() => {
                // The sender must not wait for an answer that can never be sent.
                let failure = Failure::internal("the answer is larger than the bus takes");
                self.try_answer(to, &failure.into())
            }
            Err(error) => Ok(Self::not_sent(to, &error)),
        }
    }

    #[cold]
    fn not_sent(to: &Receiver<'_>, error: &PublishError) -> Sent {
        tracing::warn!(correlation_id = to.correlation_id, "answer not sent: {error}");
        Sent::Failed
    }

    /// Sends a device what it did not ask for.
    pub(crate) async fn push(&self, to: &Receiver<'_>, reply: &Reply) -> Result<(), PublishError> {
        if let Some(message) = self.addressed(to, reply, self.pin(to)) {
            self.publish(&message).await?;
        }
        self.tally.pushed();
        Ok(())
    }

    /// The same, and waits for the status message of the device; `None` when it does not come in time.
    pub(crate) async fn push_and_wait(
        &self,
        to: &Receiver<'_>,
        reply: &Reply,
        deadline: Duration,
    ) -> Result<Option<String>, PublishError> {
        if self.stopping.load(Relaxed) {
            // Nobody will be here to hear of it.
            self.push(to, reply).await?;
            return Ok(None);
        }
        let mut expected = self.confirmations.expect(to.correlation_id);
        // The status message has to come to the replica that waits for it.
        if let Some(message) = self.addressed(to, reply, Some(self.way(to.voice).own_replica.clone())) {
            self.publish(&message).await?;
        }
        self.tally.pushed();
        Ok(tokio::time::timeout(deadline, expected.status()).await.ok().flatten())
    }

    /// Takes the status message of a device. One that nobody waits for is as good as none.
    pub(crate) fn confirmed(&self, correlation_id: &str, status: &str) {
        self.confirmations.resolve(correlation_id, status);
    }

    /// Counts the sessions that are pinned.
    pub(crate) fn pins(&self, one_more: bool) {
        let pinned = &self.figures.pinned;
        let _ = if one_more { pinned.fetch_add(1, Relaxed) } else { pinned.fetch_sub(1, Relaxed) };
    }

    /// Counts an event whose listener could not do its work.
    pub(crate) fn unheard(&self) {
        self.tally.unheard();
    }

    /// Counts a request for a path that no resource has.
    pub(crate) fn unrouted(&self) {
        self.tally.unrouted();
    }

    /// A correlation ID for a push, unique in the cluster, also after a restart.
    pub(crate) fn correlation_id(&self) -> String {
        format!("{}-{:x}", self.identity.replica, self.pushes.fetch_add(1, Relaxed))
    }

    /// The subjects of the receiver's dialect.
    fn way(&self, voice: Voice<'_>) -> &Way {
        match voice {
            Voice::Esp | Voice::Message(_) => &self.esp,
            Voice::Ecs2Ext { .. } => &self.ecs2ext,
        }
    }

    /// Where the receiver is to send further requests.
    fn pin(&self, to: &Receiver<'_>) -> Option<Subject> {
        let pinned = to.pinned && !self.stopping.load(Relaxed);
        pinned.then(|| self.way(to.voice).own_replica.clone())
    }

    /// The message with its way; `None` when there is nobody to send it to.
    fn addressed(&self, to: &Receiver<'_>, reply: &Reply, pin: Option<Subject>) -> Option<Addressed> {
        let (subject, datum) = self.letter(to, reply, pin.is_some())?;
        let service_wide = self.way(to.voice).service_wide.clone();
        Some(Addressed { subject: subject.clone(), pin, datum, service_wide, trace: to.trace.cloned() })
    }

    /// Where it goes, and what it says.
    fn letter<'a>(
        &'a self,
        to: &Receiver<'a>,
        reply: &Reply,
        is_pinned: bool,
    ) -> Option<(&'a Subject, Bytes)> {
        let service_wide = &self.way(to.voice).service_wide;
        let subject = match (to.return_path, to.voice) {
            // Only a sender that says where to gets an answer.
            (None, Voice::Message(_)) => return None,
            // Without a pin nobody would say that this replica is gone.
            (Some(_), _) if to.is_restored && !is_pinned => service_wide,
            (Some(return_path), _) => return_path,
            (None, _) => service_wide,
        };
        Some((subject, self.encode(to, reply)?))
    }
}

/// What an answer says about the request it answers or the device it is pushed to.
pub(crate) struct Receiver<'a> {
    pub(crate) voice: Voice<'a>,
    pub(crate) correlation_id: &'a str,
    pub(crate) app_version: &'a str,
    pub(crate) endpoint_id: Option<&'a str>,
    pub(crate) resource_path: &'a str,
    /// `None` for a push.
    pub(crate) request_id: Option<RequestId>,
    /// Where the sender of the request wants to hear; judged.
    pub(crate) return_path: Option<&'a Subject>,
    /// Whether that was in a store, so that it may be long out of date.
    pub(crate) is_restored: bool,
    /// Whether further requests are to come to this replica.
    pub(crate) pinned: bool,
    /// The trace it belongs to.
    pub(crate) trace: Option<&'a TraceContext>,
}

/// How an answer is put into words.
#[derive(Clone, Copy)]
pub(crate) enum Voice<'a> {
    /// As ExtensionData.
    Esp,
    /// As an outbound message, in the format of the request unless the reply has its own.
    Ecs2Ext { content_type: Option<&'a str> },
    /// As the response to a targeted request, or the receipt of an event.
    Message(&'a dyn AnyMessage),
}

impl Voice<'_> {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Ecs2Ext { .. } => Dialect::Ecs2Ext,
            Self::Esp | Self::Message(_) => Dialect::Esp,
        }
    }
}

impl Receiver<'_> {
    /// Whether anybody is told: of a success, only those who asked.
    fn wants(&self, reply: &Reply) -> bool {
        match self.voice {
            Voice::Esp => self.request_id.is_some() || !reply.status().is_success(),
            Voice::Ecs2Ext { .. } | Voice::Message(_) => true,
        }
    }
}
