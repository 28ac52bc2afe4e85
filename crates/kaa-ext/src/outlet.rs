//! The last station of a message: where the answer goes, its encoding, its publication.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use kaa_bus::{Bus, PublishError};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ExtensionData, Revision};
use kaa_protocol::kp1::RequestId;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target};

use crate::counters::Tally;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::time::Clock;

/// Turns replies into ExtensionData messages and hands them to the bus.
pub(crate) struct Outlet {
    bus: Bus,
    clock: Clock,
    instance: ServiceInstance,
    revision: Revision,
    /// Where answers go that have no return address: the communication service as a whole.
    service_wide: Subject,
    /// Where requests of pinned sessions are to come: this replica.
    own_replica: Subject,
    /// A stopping replica binds no more sessions to itself.
    stopping: AtomicBool,
    pushes: AtomicU64,
    replica: ReplicaId,
    tally: Arc<Tally>,
}

/// Who this replica is, as far as its messages say so.
pub(crate) struct Identity {
    pub(crate) instance: ServiceInstance,
    pub(crate) replica: ReplicaId,
    pub(crate) communication_service: ServiceInstance,
    pub(crate) revision: Revision,
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
    pub(crate) fn new(bus: Bus, clock: Clock, identity: Identity, tally: Arc<Tally>) -> Self {
        let Identity { instance, replica, communication_service, revision } = identity;
        let service_wide =
            Subject::from(&esp::extension_data_subject(Target::Service(communication_service)));
        let own_replica = Subject::from(&esp::client_data_subject(Target::Replica(replica.clone())));
        Self {
            bus,
            clock,
            instance,
            revision,
            service_wide,
            own_replica,
            stopping: AtomicBool::new(false),
            pushes: AtomicU64::new(0),
            replica,
            tally,
        }
    }

    /// From now on no session is bound to this replica.
    pub(crate) fn stop_pinning(&self) {
        self.stopping.store(true, Relaxed);
    }

    /// Answers a request. A success nobody asked to hear of is not sent.
    pub(crate) async fn answer(&self, to: &Receiver<'_>, reply: &Reply) -> Sent {
        match self.try_answer(to, reply) {
            Ok(sent) => sent,
            Err(Full { subject, pin, datum }) => {
                let published = self.bus.publish(subject, pin, datum).await;
                published.map_or_else(|error| Self::not_sent(to, &error), |()| Sent::Published)
            }
        }
    }

    /// The same without waiting.
    pub(crate) fn try_answer(&self, to: &Receiver<'_>, reply: &Reply) -> Result<Sent, Full> {
        if to.request_id.is_none() && reply.status().is_success() {
            return Ok(Sent::Silent);
        }
        let (subject, pin) = self.way_to(to);
        let datum = self.encode(to, reply);
        match self.bus.try_publish(subject.clone(), pin.clone(), datum.clone()) {
            Ok(()) => Ok(Sent::Published),
            Err(PublishError::Full { .. }) => Err(Full { subject, pin, datum }),
            Err(PublishError::TooLarge { .. }) if reply.is_large() => {
                // The device must not wait for an answer that can never be sent.
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
        let (subject, pin) = self.way_to(to);
        self.bus.publish(subject, pin, self.encode(to, reply)).await?;
        self.tally.pushed();
        Ok(())
    }

    /// A correlation ID for a push, unique in the cluster.
    pub(crate) fn correlation_id(&self) -> String {
        format!("{}-{:x}", self.replica, self.pushes.fetch_add(1, Relaxed))
    }

    /// Where a message goes, and where its receiver is to send further requests.
    fn way_to(&self, to: &Receiver<'_>) -> (Subject, Option<Subject>) {
        let pinned = to.pinned && !self.stopping.load(Relaxed);
        let subject = to.return_path.unwrap_or(&self.service_wide);
        (subject.clone(), pinned.then(|| self.own_replica.clone()))
    }

    fn encode(&self, to: &Receiver<'_>, reply: &Reply) -> Bytes {
        let data = ExtensionData {
            correlation_id: to.correlation_id,
            timestamp: self.clock.millis(),
            timeout: 0,
            app_version_name: Some(to.app_version),
            extension_instance_name: Some(self.instance.as_str()),
            endpoint_id: to.endpoint_id,
            resource_path: to.resource_path,
            request_id: to.request_id.map(i32::from),
            payload: reply.payload.as_deref(),
            status_code: i32::from(reply.status.as_u16()),
            reason_phrase: reply.reason.as_deref(),
        };
        // The seed's revision has no place for an empty application version name. A request that has
        // one was not written by a reader of the seed, so its answer is not either.
        data.encode(self.revision).or_else(|_| data.encode(Revision::Current)).unwrap_or_default()
    }
}

/// An answer the bus had no room for: it can be published as it is.
pub(crate) struct Full {
    subject: Subject,
    pin: Option<Subject>,
    datum: Bytes,
}

/// What an ExtensionData says about the request it answers or the device it is pushed to.
pub(crate) struct Receiver<'a> {
    pub(crate) correlation_id: &'a str,
    pub(crate) app_version: &'a str,
    pub(crate) endpoint_id: Option<&'a str>,
    pub(crate) resource_path: &'a str,
    /// `None` for a push.
    pub(crate) request_id: Option<RequestId>,
    /// Where the sender of the request wants to hear; judged.
    pub(crate) return_path: Option<&'a Subject>,
    /// Whether further requests are to come to this replica.
    pub(crate) pinned: bool,
}
