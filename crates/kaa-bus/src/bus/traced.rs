//! Publishing as a part of a trace.

use bytes::Bytes;
use kaa_protocol::subject::Subject;

use super::Bus;
use crate::error::PublishError;
use crate::message::Outgoing;
use crate::trace::TraceContext;

impl Bus {
    /// [`publish`](Self::publish) with a trace context, or without one, whatever is [current](crate::trace::current).
    ///
    /// Its bytes count as bytes of the payload.
    ///
    /// # Errors
    ///
    /// Those of `publish`.
    ///
    /// # Cancel safety
    ///
    /// As `publish`.
    pub async fn publish_traced(
        &self,
        subject: Subject,
        reply_to: Option<Subject>,
        payload: Bytes,
        trace: Option<TraceContext>,
    ) -> Result<(), PublishError> {
        let published = match self.admit(&subject) {
            Ok(()) => self.shared.backend.publish(Outgoing { subject, reply_to, payload, trace }).await,
            Err(refused) => Err(refused),
        };
        self.count(published)
    }

    /// [`try_publish`](Self::try_publish) with a trace context, or without one, whatever is [current](crate::trace::current).
    ///
    /// # Errors
    ///
    /// Those of `try_publish`.
    pub fn try_publish_traced(
        &self,
        subject: Subject,
        reply_to: Option<Subject>,
        payload: Bytes,
        trace: Option<TraceContext>,
    ) -> Result<(), PublishError> {
        let published = match self.admit(&subject) {
            Ok(()) => {
                self.shared.backend.try_publish(Outgoing { subject, reply_to, payload, trace }).map(drop)
            }
            Err(refused) => Err(refused),
        };
        self.count(published)
    }
}
