//! The last station of a message: where the answer goes, its encoding, its publication.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use kaa_bus::{Bus, PublishError};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ExtensionData, Revision};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target};

use crate::counters::Tally;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::Receiver;
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

    /// Answers the request in `envelope`. A success nobody asked to hear of is not sent.
    pub(crate) async fn answer(&self, envelope: &Envelope, reply: &Reply) -> Sent {
        match self.try_answer(envelope, reply) {
            Ok(sent) => sent,
            Err(Full(answer)) => {
                let Answer { subject, pin, datum } = answer;
                let published = self.bus.publish(subject, pin, datum).await;
                published.map_or_else(|error| Self::not_sent(envelope, &error), |()| Sent::Published)
            }
        }
    }

    /// The same without waiting.
    pub(crate) fn try_answer(&self, envelope: &Envelope, reply: &Reply) -> Result<Sent, Full> {
        if envelope.request_id().is_none() && reply.status().is_success() {
            return Ok(Sent::Silent);
        }
        let answer = Answer {
            subject: envelope.reply_to().unwrap_or(&self.service_wide).clone(),
            pin: self.pin(envelope.is_pinned()),
            datum: self.encode(&Self::echo(envelope), reply),
        };
        match self.bus.try_publish(answer.subject.clone(), answer.pin.clone(), answer.datum.clone()) {
            Ok(()) => Ok(Sent::Published),
            Err(PublishError::Full { .. }) => Err(Full(answer)),
            Err(PublishError::TooLarge { .. }) if reply.payload.is_some() => {
                // The device must not wait for an answer that can never be sent.
                let failure = Failure::internal("the answer is larger than the bus takes");
                self.try_answer(envelope, &failure.into())
            }
            Err(error) => Ok(Self::not_sent(envelope, &error)),
        }
    }

    #[cold]
    fn not_sent(envelope: &Envelope, error: &PublishError) -> Sent {
        tracing::warn!(correlation_id = envelope.correlation_id(), "answer not sent: {error}");
        Sent::Failed
    }

    /// Sends a device what it did not ask for.
    pub(crate) async fn push(&self, receiver: &Receiver<'_>, reply: &Reply) -> Result<(), PublishError> {
        let number = self.pushes.fetch_add(1, Relaxed);
        let message = Message {
            correlation_id: &format!("{}-{number:x}", self.replica),
            app_version: receiver.app_version,
            endpoint_id: receiver.endpoint_id,
            resource_path: receiver.resource_path,
            request_id: None,
        };
        let subject = receiver.return_path.unwrap_or(&self.service_wide).clone();
        self.bus.publish(subject, self.pin(receiver.pinned), self.encode(&message, reply)).await?;
        self.tally.pushed();
        Ok(())
    }

    fn pin(&self, pinned: bool) -> Option<Subject> {
        (pinned && !self.stopping.load(Relaxed)).then(|| self.own_replica.clone())
    }

    /// An answer repeats what the request said about itself.
    fn echo(envelope: &Envelope) -> Message<'_> {
        Message {
            correlation_id: envelope.correlation_id(),
            app_version: envelope.app_version(),
            endpoint_id: envelope.endpoint_id(),
            resource_path: envelope.resource_path(),
            request_id: envelope.request_id().map(i32::from),
        }
    }

    fn encode(&self, message: &Message<'_>, reply: &Reply) -> Bytes {
        let data = ExtensionData {
            correlation_id: message.correlation_id,
            timestamp: self.clock.millis(),
            timeout: 0,
            app_version_name: Some(message.app_version),
            extension_instance_name: Some(self.instance.as_str()),
            endpoint_id: message.endpoint_id,
            resource_path: message.resource_path,
            request_id: message.request_id,
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
pub(crate) struct Full(Answer);

struct Answer {
    subject: Subject,
    pin: Option<Subject>,
    datum: Bytes,
}

/// What an ExtensionData says about the request or the receiver.
struct Message<'a> {
    correlation_id: &'a str,
    app_version: &'a str,
    endpoint_id: Option<&'a str>,
    resource_path: &'a str,
    request_id: Option<i32>,
}
