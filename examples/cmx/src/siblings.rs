//! The way to the other replicas of this service, and from them.
//!
//! Each [`Notice`] is an event of the service at `kaa.v1.events.<cmx>.endpoint.config.observation`. It is
//! delivered at most once.

use std::sync::Arc;

use kaa_ext::StartError;
use kaa_ext::bus::{Connection, PublishError, SubscribeError, Subscription};
use kaa_ext::prelude::*;
use kaa_ext::protocol::name::ReplicaId;
use kaa_ext::protocol::subject::{Subject, SubjectError, SubjectFilter};

use crate::claim::{Claim, ClaimClock};
use crate::notice::{MAX_LEN, Notice, Signed};

/// The other replicas of this service.
#[derive(Debug)]
pub(crate) struct Siblings {
    bus: Bus,
    subject: Subject,
    replica: ReplicaId,
    clock: ClaimClock,
}

/// Where the replicas of this service tell each other.
pub(crate) fn subject(instance: &ServiceInstance) -> Result<Subject, SubjectError> {
    format!("kaa.v1.events.{instance}.endpoint.config.observation").parse()
}

impl Siblings {
    pub(crate) fn new(bus: Bus, instance: &ServiceInstance) -> Result<Self, StartError> {
        let subject = subject(instance)?;
        // Not the name an operator gave: who comes back under it does not know what it knew before.
        let replica = ReplicaId::of_bits(instance, bus.random());
        let clock = ClaimClock::new(bus.clock());
        Ok(Self { bus, subject, replica, clock })
    }

    /// This replica, among the others.
    pub(crate) fn me(&self) -> &ReplicaId {
        &self.replica
    }

    /// A claim of this replica that is greater than all it has heard of.
    pub(crate) fn claim(&self) -> Claim {
        Claim { time: self.clock.next(), replica: self.replica.clone() }
    }

    /// Whether they can be heard at all.
    pub(crate) fn are_in_reach(&self) -> bool {
        self.bus.connection() == Connection::Connected
    }

    /// Tells the others.
    pub(crate) async fn tell(&self, notice: Notice) -> Result<(), PublishError> {
        self.bus.publish(self.subject.clone(), None, self.sign(notice).into()).await
    }

    /// The same for those who must not wait.
    pub(crate) fn try_tell(&self, notice: Notice) -> Result<(), PublishError> {
        self.bus.try_publish(self.subject.clone(), None, self.sign(notice).into())
    }

    fn sign(&self, notice: Notice) -> Vec<u8> {
        let signed = Signed { replica: self.replica.clone(), notice };
        // Text and numbers can always be written.
        serde_json::to_vec(&signed).unwrap_or_default()
    }

    pub(crate) async fn listen(&self) -> Result<Subscription, SubscribeError> {
        self.bus.subscribe(SubjectFilter::from(self.subject.clone()), None).await
    }

    /// A notice of another replica. The subject is open to everybody on the bus: what cannot be a notice is
    /// logged and ignored.
    pub(crate) fn heard(&self, payload: &[u8]) -> Option<Signed> {
        match self.read(payload) {
            Ok(signed) => (signed.replica != self.replica).then_some(signed),
            Err(error) => {
                tracing::warn!(subject = %self.subject, "ignored what is no notice of another replica: {error}");
                None
            }
        }
    }

    fn read(&self, payload: &[u8]) -> Result<Signed, NotANotice> {
        if payload.len() > MAX_LEN {
            return Err(NotANotice::TooLong(payload.len()));
        }
        let signed: Signed = serde_json::from_slice(payload)?;
        match signed.notice.since() {
            Some(time) if !self.clock.hear(time) => Err(NotANotice::FromTheFuture(time)),
            _ => Ok(signed),
        }
    }
}

/// Why a message is ignored.
#[derive(Debug, thiserror::Error)]
enum NotANotice {
    #[error("it has {0} bytes; at most {MAX_LEN} are read")]
    TooLong(usize),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("its claim is of {0} ms since 1970, more than a day ahead; set the clocks of the replicas")]
    FromTheFuture(i64),
}

/// A notice that goes out when this is dropped: an answer that holds it has been sent.
#[derive(Debug)]
pub(crate) struct Afterwards {
    siblings: Arc<Siblings>,
    notice: Option<Notice>,
}

impl Afterwards {
    pub(crate) fn new(siblings: Arc<Siblings>, notice: Notice) -> Self {
        Self { siblings, notice: Some(notice) }
    }
}

impl Drop for Afterwards {
    fn drop(&mut self) {
        let told = self.notice.take().map_or(Ok(()), |notice| self.siblings.try_tell(notice));
        if let Err(error) = told {
            tracing::warn!("the other replicas do not know of an answer: {error}");
        }
    }
}
