//! What a subscription yields.

use bytes::Bytes;
use kaa_protocol::subject::Subject;

use crate::raw_subject::RawSubject;
use crate::trace::TraceContext;

/// A message as it arrived.
///
/// Subject and reply address are what the sender wrote. Parse them before use
/// ([`Subject::try_from`](kaa_protocol::subject::Subject), and
/// [`ReplyTo::judge`](kaa_protocol::subject::ReplyTo::judge) for the address of an answer).
///
/// On NATS the payload is a slice of the connection's 64 KiB read buffer, which stays alive as long
/// as the message does. Whoever keeps a message for long copies the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The subject it was published to.
    pub subject: RawSubject,
    /// Where the sender expects an answer.
    pub reply_to: Option<RawSubject>,
    /// The content.
    pub payload: Bytes,
    /// The server's own notice that nobody listened to a message which named
    /// [`subject`](Self::subject) as its reply address. Its payload is empty.
    ///
    /// In a box, because hardly any message has one, and all of them are moved.
    pub no_responders: Option<Box<NoResponders>>,
    /// The trace it belongs to, if its sender says so in a way that is valid.
    pub trace: Option<TraceContext>,
}

/// Nobody listened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoResponders {
    /// The subject nobody listened to. Servers before nats-server 2.12 do not tell.
    pub subject: Option<Bytes>,
}

impl NoResponders {
    /// Whether the notice may be about a message to this subject.
    pub fn is_about(&self, subject: &Subject) -> bool {
        self.subject.as_ref().is_none_or(|unserved| **unserved == *subject.as_str().as_bytes())
    }
}

/// A message on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) subject: Subject,
    pub(crate) reply_to: Option<Subject>,
    pub(crate) payload: Bytes,
    pub(crate) trace: Option<TraceContext>,
}

impl Outgoing {
    /// Whether its sender says where an answer is to go.
    pub(crate) fn asks(&self) -> bool {
        self.reply_to.is_some()
    }

    /// The bytes that count against the largest payload of the server.
    pub(crate) fn size(&self) -> usize {
        self.payload.len() + self.trace.as_ref().map_or(0, TraceContext::size)
    }
}
