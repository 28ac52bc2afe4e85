//! What can go wrong on the bus, one enum per operation.
//!
//! Messages name the subject and what to do; they never carry a secret.

use std::time::Duration;

use kaa_protocol::avro::DecodeError;
use kaa_protocol::name::NameError;
use kaa_protocol::subject::{Subject, SubjectFilter, Target};

use crate::forbidden::Forbidden;

/// A message that was not published. Nothing of it went out, unless the variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The server is away. The bus refuses at once instead of keeping messages for later.
    #[error(
        "not published to {subject}: the NATS server is away; the bus reconnects by itself, try again later"
    )]
    Disconnected {
        /// Where the message should have gone.
        subject: Subject,
    },
    /// The bus was closed.
    #[error("not published to {subject}: this bus was closed")]
    Closed {
        /// Where the message should have gone.
        subject: Subject,
    },
    /// The payload is larger than the server takes.
    #[error(
        "not published to {subject}: the payload has {size} bytes, the server takes at most {limit} (its max_payload)"
    )]
    TooLarge {
        /// Where the message should have gone.
        subject: Subject,
        /// The length of the payload, in bytes.
        size: usize,
        /// The most the server takes, in bytes.
        limit: usize,
    },
    /// The connection's queue is full, and [`Bus::try_publish`](crate::Bus::try_publish) does not wait.
    #[error("not published to {subject}: the connection's queue is full; publish again, and wait this time")]
    Full {
        /// Where the message should have gone.
        subject: Subject,
    },
    /// The connection's queue stayed full for the whole publish timeout.
    #[error(
        "not published to {subject}: the connection's queue stayed full for {timeout:?}; publish less at once"
    )]
    TimedOut {
        /// Where the message should have gone.
        subject: Subject,
        /// How long the bus waited.
        timeout: Duration,
    },
    /// The server has not taken the message: the user may not publish there. Only those who wait for something to
    /// come back hear of it; else it is logged, and counted in [`BusStats::forbidden`](crate::BusStats::forbidden).
    #[error(transparent)]
    Forbidden(Forbidden),
}

/// A subscription that was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The server is away.
    #[error(
        "not subscribed to {filter}: the NATS server is away; the bus reconnects by itself, try again later"
    )]
    Disconnected {
        /// What should have been subscribed to.
        filter: SubjectFilter,
    },
    /// The bus was closed.
    #[error("not subscribed to {filter}: this bus was closed")]
    Closed {
        /// What should have been subscribed to.
        filter: SubjectFilter,
    },
    /// The server did not confirm in time.
    #[error("not subscribed to {filter}: the server did not confirm within {timeout:?}")]
    TimedOut {
        /// What should have been subscribed to.
        filter: SubjectFilter,
        /// How long the bus waited.
        timeout: Duration,
    },
    /// The user may not subscribe to it, or may not make the round trip that confirms it.
    #[error(transparent)]
    Forbidden(Forbidden),
}

/// A request without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Nobody listens to the subject. Known at once, not after the deadline.
    #[error("no answer from {subject}: nobody serves it; check the instance name and that the service runs")]
    NoResponders {
        /// Where the request went.
        subject: Subject,
    },
    /// Somebody listens, but no answer came in time.
    #[error("no answer from {subject} within {deadline:?}")]
    TimedOut {
        /// Where the request went.
        subject: Subject,
        /// How long the bus waited.
        deadline: Duration,
    },
    /// The bus was closed while the answer was awaited.
    #[error("no answer from {subject}: this bus was closed while waiting")]
    Closed {
        /// Where the request went.
        subject: Subject,
    },
    /// An answer came that is no response to the request.
    #[error(
        "the answer from {subject} is not a response to the request; check that both sides speak the same protocol"
    )]
    Malformed {
        /// Where the request went.
        subject: Subject,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The protocol of the request has no subject for its target.
    #[error("this protocol has no subject for {target}; ask the service instead of one replica")]
    NoSubject {
        /// Who was to be asked.
        target: Target,
    },
    /// The answer could not be waited for.
    #[error("the answer could not be waited for")]
    Subscribe(#[from] SubscribeError),
    /// The request did not go out.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// An event that was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// A field that becomes part of the subject is no token.
    #[error("the event was not published: a field that becomes part of its subject is no token")]
    Name(#[from] NameError),
    /// The receipts could not be waited for.
    #[error("the receipts could not be waited for")]
    Subscribe(#[from] SubscribeError),
    /// The event did not go out before the time was over.
    #[error("the event was not published to {subject} within {deadline:?}")]
    TimedOut {
        /// Where the event should have gone.
        subject: Subject,
        /// How long the bus waited.
        deadline: Duration,
    },
    /// The bus did not take the event.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// A fence that was not passed: what was published before may not have arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FenceError {
    /// The server is away.
    #[error("no fence: the NATS server is away")]
    Disconnected,
    /// The bus was closed.
    #[error("no fence: this bus was closed")]
    Closed,
    /// The round trip took too long.
    #[error("no fence: the server did not send a message back within {deadline:?}")]
    TimedOut {
        /// How long the bus waited.
        deadline: Duration,
    },
    /// The user may not send itself messages.
    #[error(transparent)]
    Forbidden(Forbidden),
}

/// A drain the server did not confirm. The subscription has ended all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DrainError {
    /// The server is away, so there is nobody to confirm. It forgets the subscription by itself.
    #[error("left {filter} without confirmation: the NATS server is away")]
    Disconnected {
        /// What was subscribed to.
        filter: SubjectFilter,
    },
    /// The server did not confirm in time. Messages that were on their way may be lost.
    #[error(
        "left {filter}, but the server did not confirm within {deadline:?}; messages on their way may be lost"
    )]
    TimedOut {
        /// What was subscribed to.
        filter: SubjectFilter,
        /// How long the bus waited.
        deadline: Duration,
    },
}

/// A close that could not make sure that everything went out. The bus is closed all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// The server is away.
    #[error("closed while the NATS server is away: what was published last may be lost")]
    Disconnected,
    /// The server did not confirm in time.
    #[error(
        "closed, but the server did not confirm within {deadline:?}: what was published last may be lost"
    )]
    TimedOut {
        /// How long the bus waited.
        deadline: Duration,
    },
}

impl From<PublishError> for FenceError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Disconnected { .. } => Self::Disconnected,
            PublishError::TimedOut { timeout, .. } => Self::TimedOut { deadline: timeout },
            PublishError::Forbidden(forbidden) => Self::Forbidden(forbidden),
            // The message of a fence is empty and waits for room, so it is neither too large nor refused.
            PublishError::Closed { .. } | PublishError::TooLarge { .. } | PublishError::Full { .. } => {
                Self::Closed
            }
        }
    }
}
