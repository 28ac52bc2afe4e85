//! The first station: is this a request, and is it still wanted?

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::Message;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ClientData, InvalidField};
use kaa_protocol::subject::{HostileReplyTo, ReplyTo, Subject};

use super::copies::Copies;
use crate::counters::Tally;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::outlet::Outlet;
use crate::time::{Clock, Deadline};

/// Decodes messages and drops the ones nobody waits for.
pub(super) struct Intake {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) outlet: Arc<Outlet>,
    pub(super) tally: Arc<Tally>,
    /// The return address accepted last and what became of it. A communication service replica sends
    /// the same one with every request, and judging costs as much as decoding.
    pub(super) return_path: Option<(Bytes, Subject)>,
    pub(super) copies: Copies,
}

/// What intake makes of a message.
pub(super) enum Taken {
    /// A request to handle.
    Request(Arc<Envelope>),
    /// A request that is wrong as a whole; its sender is told.
    Refused(Arc<Envelope>, Failure),
    /// Nothing to answer; counted already.
    Dropped,
}

impl Intake {
    pub(super) fn take(&mut self, message: &Message) -> Taken {
        if message.no_responders {
            // An answer of ours, pinned to this replica, found nobody at its return address.
            self.tally.undeliverable();
            return Taken::Dropped;
        }
        self.tally.received();
        let decoded = match ClientData::decode(&message.payload) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.tally.malformed();
                let subject = String::from_utf8_lossy(&message.subject);
                tracing::warn!(%subject, bytes = message.payload.len(), "message dropped: {error}");
                return Taken::Dropped;
            }
        };
        if decoded.trailing > 0 {
            self.tally.trailing_bytes();
            tracing::debug!(bytes = decoded.trailing, "ClientData has bytes after its last known field");
        }
        let data = &decoded.record;
        let budget = match self.budget(data) {
            Ok(Some(budget)) => budget,
            Ok(None) => {
                self.tally.expired();
                tracing::debug!(correlation_id = data.correlation_id, "request dropped: it has expired");
                return Taken::Dropped;
            }
            Err(failure) => {
                return Taken::Refused(self.envelope(message, data, Duration::ZERO), failure);
            }
        };
        Taken::Request(self.envelope(message, data, budget))
    }

    /// How long the handler may take; `None` when the request has expired.
    fn budget(&self, data: &ClientData<'_>) -> Result<Option<Duration>, Failure> {
        let invalid = |field: InvalidField| Failure::bad_request(field.to_string());
        data.checked_request_id().map_err(invalid)?;
        let Some(expiry) = data.expires_at().map_err(invalid)? else {
            return Ok(Some(self.limits.handler_timeout));
        };
        let now = self.clock.now();
        // Within the skew nobody can say whether the time is over: the request counts as in time.
        let left = expiry.duration_since(now).ok().filter(|left| !left.is_zero()).or_else(|| {
            let latest = expiry.checked_add(self.limits.clock_skew)?;
            latest.duration_since(now).ok()
        });
        Ok(left.map(|left| left.min(self.limits.handler_timeout)))
    }

    fn envelope(&mut self, message: &Message, data: &ClientData<'_>, budget: Duration) -> Arc<Envelope> {
        let reply_to = message.reply_to.as_ref().and_then(|reply_to| self.judge(reply_to));
        let deadline = Deadline::after(budget);
        let datum = &message.payload;
        let kept = self.copies.keep(datum);
        Arc::new(Envelope::new(datum, kept, data, deadline, reply_to, self.outlet.clone()))
    }

    fn judge(&mut self, reply_to: &Bytes) -> Option<Subject> {
        if let Some((known, subject)) = &self.return_path
            && known == reply_to
        {
            return Some(subject.clone());
        }
        match ReplyTo::judge(reply_to, &esp::PROTOCOL, &esp::EXTENSION_DATA) {
            Ok(accepted) => {
                let subject = accepted.into_subject();
                self.return_path = Some((reply_to.clone(), subject.clone()));
                Some(subject)
            }
            Err(error) => {
                self.hostile(&error);
                None
            }
        }
    }

    fn hostile(&self, error: &HostileReplyTo) {
        self.tally.hostile_reply_to();
        tracing::warn!("the answer goes to the communication service as a whole: {error}");
    }
}
