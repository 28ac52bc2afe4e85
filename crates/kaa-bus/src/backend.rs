//! The two ways to carry messages, behind one set of operations.
//!
//! An enum and not a trait: there are two, both are known here, and a branch that is always taken
//! the same way costs nothing on the hot path.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Inbox, SubjectFilter};

use crate::clock::Clock;
use crate::error::{FenceError, PublishError};
use crate::inbox::Answers;
use crate::mailbox::{Mailbox, Pace, SubscriptionLimit};
use crate::message::{Message, Outgoing};
use crate::nats::NatsServerInfo;
use crate::random::random;
use crate::{memory, nats};

/// Where the messages of one subscription go. Delivering never waits.
#[derive(Debug, Clone)]
pub(crate) enum Sink {
    Mailbox(Arc<Mailbox>),
    Answers(Arc<Answers>),
    /// What is built on top of the bus.
    Upstairs(Arc<dyn Receive>),
}

/// What takes messages as they come.
pub(crate) trait Receive: Debug + Send + Sync {
    fn receive(&self, message: &Message);

    /// Nothing more will come.
    fn end(&self);
}

impl Sink {
    pub(crate) fn deliver(&self, message: Message) -> Pace {
        match self {
            Self::Mailbox(mailbox) => mailbox.deliver(message),
            Self::Answers(answers) => {
                answers.deliver(message);
                Pace::Fine
            }
            Self::Upstairs(receiver) => {
                receiver.receive(&message);
                Pace::Fine
            }
        }
    }

    /// Delivers messages in their order.
    pub(crate) fn deliver_all(&self, messages: impl IntoIterator<Item = Message>) {
        match self {
            Self::Mailbox(mailbox) => _ = mailbox.deliver_all(messages),
            _ => messages.into_iter().for_each(|message| _ = self.deliver(message)),
        }
    }

    /// Nothing more will be delivered.
    pub(crate) fn end(&self) {
        match self {
            Self::Mailbox(mailbox) => mailbox.end(),
            Self::Answers(answers) => answers.close(),
            Self::Upstairs(receiver) => receiver.end(),
        }
    }
}

/// The backend's side of one subscription. Dropping it gives the subscription up.
#[derive(Debug)]
pub(crate) enum Source {
    Memory(memory::Attachment),
    Nats(nats::Pump),
}

impl Source {
    /// Asks the server to route nothing more here. What it has routed already still arrives.
    pub(crate) async fn leave(&mut self) {
        match self {
            Self::Memory(attachment) => attachment.leave(),
            Self::Nats(pump) => pump.leave().await,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Backend {
    Memory(memory::Peer),
    Nats(nats::Client),
}

impl Backend {
    pub(crate) fn inbox(&self) -> Inbox {
        match self {
            Self::Memory(peer) => Inbox::new(peer.inbox_id()),
            Self::Nats(client) => client.inbox().clone(),
        }
    }

    /// Where the wall time of whoever speaks on this connection comes from.
    pub(crate) fn clock(&self) -> Clock {
        match self {
            Self::Memory(peer) => peer.clock,
            Self::Nats(_) => Clock::System,
        }
    }

    pub(crate) fn random(&self) -> u64 {
        match self {
            Self::Memory(peer) => peer.random(),
            Self::Nats(_) => random(),
        }
    }

    pub(crate) fn limit(&self) -> SubscriptionLimit {
        match self {
            Self::Memory(peer) => peer.limit,
            Self::Nats(client) => client.limit,
        }
    }

    /// How often a connection was made, if the backend knows better than the link, which hears of it later.
    pub(crate) fn connects(&self) -> Option<u64> {
        match self {
            Self::Memory(_) => None,
            Self::Nats(client) => Some(client.connects()),
        }
    }

    /// What the server said of itself, where there is one.
    pub(crate) fn server(&self) -> Option<NatsServerInfo> {
        match self {
            Self::Memory(_) => None,
            Self::Nats(client) => Some(client.server()),
        }
    }

    /// How long an operation without a deadline of its own may wait for the server.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::Memory(_) => Duration::from_secs(1),
            Self::Nats(client) => client.publish_timeout,
        }
    }

    pub(crate) async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        match self {
            Self::Memory(peer) => peer.publish(message).await,
            Self::Nats(client) => client.publish(message).await,
        }
    }

    /// The same without waiting; says whether a reader is behind.
    pub(crate) fn try_publish(&self, message: Outgoing) -> Result<Pace, PublishError> {
        match self {
            Self::Memory(peer) => peer.try_publish(message),
            Self::Nats(client) => client.try_publish(message).map(|()| Pace::Fine),
        }
    }

    /// Waits for room for this message.
    pub(crate) async fn room_for(&self, message: Outgoing) -> Result<Attempt<'_>, PublishError> {
        match self {
            Self::Memory(_) => Ok(Attempt::Hopeful(self, message)),
            Self::Nats(client) => Ok(Attempt::Sure(client.room(&message).await?, message)),
        }
    }

    pub(crate) async fn attach(
        &self,
        filter: SubjectFilter,
        queue_group: Option<ServiceInstance>,
        sink: Sink,
    ) -> Result<Source, FenceError> {
        match self {
            Self::Memory(peer) => {
                let queue_group = queue_group.map(|group| group.as_str().into());
                Ok(Source::Memory(peer.attach(filter, queue_group, sink)))
            }
            Self::Nats(client) => client.attach(&filter, queue_group, sink).await.map(Source::Nats),
        }
    }

    #[cfg(feature = "kv")]
    pub(crate) async fn bucket(
        &self,
        options: &crate::kv::BucketOptions,
        link: &Arc<crate::link::Link>,
    ) -> Result<crate::kv::Keep, crate::kv::KvError> {
        match self {
            Self::Memory(peer) => Ok(crate::kv::Keep::Memory(peer.bucket(&options.name))),
            Self::Nats(client) => client.bucket(options, Arc::clone(link)).await.map(crate::kv::Keep::Nats),
        }
    }

    /// Ends all subscriptions and the connection.
    pub(crate) fn hang_up(&self) {
        match self {
            Self::Memory(peer) => peer.hang_up(),
            Self::Nats(client) => client.hang_up(),
        }
    }
}

/// A message that can be published now, without waiting.
#[derive(Debug)]
pub(crate) enum Attempt<'a> {
    /// If there is room for it.
    Hopeful(&'a Backend, Outgoing),
    /// There is room for it.
    Sure(nats::Room, Outgoing),
}

impl Attempt<'_> {
    /// Publishes; says whether a reader is behind.
    pub(crate) fn make(self) -> Result<Pace, PublishError> {
        match self {
            Self::Hopeful(backend, message) => backend.try_publish(message),
            Self::Sure(room, message) => room.publish(message).map(|()| Pace::Fine),
        }
    }
}
