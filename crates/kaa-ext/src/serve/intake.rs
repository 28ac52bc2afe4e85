//! The first station: is this a message for us, and is it still wanted?

mod device;
mod service;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use kaa_bus::{Adopted, Clock, Message, planted};
use kaa_protocol::avro::DecodeError;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ism::InvalidField;
use kaa_protocol::subject::{HostileReplyTo, ReplyTo, Subject};

use super::entrance::Brings;
use super::spare::Spare;
use crate::copies::Copies;
use crate::counters::Tally;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::outlet::Outlet;
use crate::texts::Texts;
use crate::time::Term;

/// Decodes messages and drops the ones nobody waits for.
pub(super) struct Intake {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) outlet: Arc<Outlet>,
    pub(super) tally: Arc<Tally>,
    /// The return address accepted last and what became of it. A communication service replica sends
    /// the same one with every request, and judging costs as much as decoding.
    pub(super) return_path: Option<(Dialect, Bytes, Subject)>,
    pub(super) copies: Copies,
    pub(super) spare: Spare,
    /// The replies of 5/CMX2CDP, which come to the same subject as the requests of 4/ECS2EXT.
    pub(super) adopted: Option<Adopted>,
}

/// What intake makes of a message.
pub(super) enum Taken {
    /// A message to handle.
    Request(Arc<Envelope>),
    /// A message that is wrong as a whole; its sender is told.
    Refused(Arc<Envelope>, Failure),
    /// Nothing to answer; counted already.
    Dropped,
}

impl Intake {
    pub(super) fn take(&mut self, message: &Message, brings: &Brings) -> Taken {
        if let (Some(adopted), Brings::Requests(Dialect::Ecs2Ext)) = (&self.adopted, brings)
            && adopted.offer(message)
        {
            return Taken::Dropped;
        }
        if let Some(notice) = &message.no_responders {
            // An answer of ours, pinned to this replica, found nobody at its return address.
            self.outlet.unserved(notice);
            return Taken::Dropped;
        }
        // What this replica writes to itself is nobody's message.
        if self.outlet.takes_note(&message.payload) {
            return Taken::Dropped;
        }
        self.tally.received();
        match brings {
            Brings::Requests(Dialect::Esp) => self.client_data(message),
            Brings::Requests(Dialect::Ecs2Ext) => self.inbound(message),
            Brings::Messages(reception) => self.message(message, reception),
        }
    }

    #[cold]
    fn malformed(&self, message: &Message, error: &DecodeError) -> Taken {
        self.tally.malformed();
        let subject = String::from_utf8_lossy(&message.subject);
        tracing::warn!(%subject, bytes = message.payload.len(), "message dropped: {error}");
        Taken::Dropped
    }

    /// Counts what follows the last known field.
    fn trailing(&self, record: &'static str, bytes: usize) {
        if bytes > 0 {
            self.tally.trailing_bytes();
            tracing::debug!(bytes, "{record} has bytes after its last known field");
        }
    }

    /// How long the handler may take; `None` when the message has expired.
    fn budget(
        &self,
        expires_at: Result<Option<SystemTime>, InvalidField>,
    ) -> Result<Option<Duration>, Failure> {
        let Some(expiry) = expires_at.map_err(|field| Failure::bad_request(field.to_string()))? else {
            return Ok(Some(self.limits.handler_timeout));
        };
        let now = self.clock.now();
        // Within the skew nobody can say whether the time is over: the message counts as in time.
        let left = expiry.duration_since(now).ok().filter(|left| !left.is_zero()).or_else(|| {
            let latest = expiry.checked_add(self.limits.clock_skew)?;
            latest.duration_since(now).ok()
        });
        let left = left.or(planted!("expiry is ignored").then_some(self.limits.handler_timeout));
        Ok(left.map(|left| left.min(self.limits.handler_timeout)))
    }

    /// The message with its time: to be handled, refused, or dropped because the time is over.
    fn admit(
        &mut self,
        message: &Message,
        budget: Result<Option<Duration>, Failure>,
        correlation_id: &str,
        envelope: impl FnOnce(Texts, Term) -> Envelope,
    ) -> Taken {
        match budget {
            Ok(Some(budget)) => {
                let mut envelope = envelope(self.spare.texts(), Term::of(budget));
                envelope.follow(message.trace.as_ref());
                Taken::Request(self.spare.share(envelope))
            }
            Ok(None) => {
                self.tally.expired();
                tracing::debug!(correlation_id, "message dropped: it has expired");
                Taken::Dropped
            }
            Err(failure) => {
                let mut envelope = envelope(self.spare.texts(), Term::of(Duration::ZERO));
                envelope.follow(message.trace.as_ref());
                Taken::Refused(self.spare.share(envelope), failure)
            }
        }
    }

    /// The return address of a message, if it is one that may be used.
    fn accepted(&self, judged: Result<ReplyTo, HostileReplyTo>) -> Option<Subject> {
        match judged {
            Ok(accepted) => Some(accepted.into_subject()),
            Err(error) => {
                self.tally.hostile_reply_to();
                tracing::warn!("a return address is not used: {error}");
                None
            }
        }
    }
}
