//! Replies as bytes.

use std::mem;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use kaa_protocol::avro::{EncodeError, Record, Writer};
use kaa_protocol::ecs2ext::{self, EcsToExtensionOutboundMessage, status_text};
use kaa_protocol::esp::{ExtensionData, Revision};
use kaa_protocol::ism::Outcome;

use super::{Outlet, Receiver, Voice};
use crate::copies::Copies;
use crate::message::AnyMessage;
use crate::reply::Reply;

/// Writes records. Small ones share buffers with others, which saves two allocations for each.
#[derive(Debug, Default)]
pub(super) struct Pen(Mutex<(Vec<u8>, Copies)>);

impl Pen {
    /// The room that is kept between two records.
    const KEPT: usize = 4 * Copies::SMALL;

    /// `content` is how many bytes of the record somebody else made.
    fn write<'a, R: Record<'a>>(
        &self,
        record: &R,
        revision: R::Revision,
        content: usize,
    ) -> Result<Bytes, EncodeError> {
        if content > Copies::SMALL {
            return record.encode(revision);
        }
        record.check(revision)?;
        // Nothing in here can panic half-way through a change, so a poisoned lock is still a good one.
        let mut pen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (buffer, copies) = &mut *pen;
        // Measuring it first takes longer than a copy.
        let mut writer = Writer::in_buffer(mem::take(buffer));
        record.write(revision, &mut writer);
        let written = writer.into_buffer();
        let datum = copies.copy(&written);
        if written.capacity() <= Self::KEPT {
            *buffer = written;
        }
        Ok(datum)
    }
}

impl Outlet {
    /// The reply as a message; `None` when its receiver has no message for it.
    pub(super) fn encode(&self, to: &Receiver<'_>, reply: &Reply) -> Option<Bytes> {
        match to.voice {
            Voice::Esp => Some(self.extension_data(to, reply)),
            Voice::Ecs2Ext { content_type } => Some(self.outbound(to, reply, content_type)),
            Voice::Message(message) => self.answer_to(message, reply),
        }
    }

    fn extension_data(&self, to: &Receiver<'_>, reply: &Reply) -> Bytes {
        let data = ExtensionData {
            correlation_id: to.correlation_id,
            timestamp: self.clock.millis(),
            timeout: 0,
            app_version_name: Some(to.app_version),
            extension_instance_name: Some(self.identity.instance.as_str()),
            endpoint_id: to.endpoint_id,
            resource_path: to.resource_path,
            request_id: to.request_id.map(i32::from),
            payload: reply.payload.as_deref(),
            status_code: i32::from(reply.status.as_u16()),
            reason_phrase: reply.reason.as_deref(),
        };
        // The seed's revision has no place for an empty application version name. A request that has
        // one was not written by a reader of the seed, so its answer is not either.
        let content = data.payload.map_or(0, <[u8]>::len);
        let written = self.pen.write(&data, self.identity.revision, content);
        written.or_else(|_| self.pen.write(&data, Revision::Current, content)).unwrap_or_default()
    }

    /// A message without a payload is a status message: that is how delivery is confirmed.
    fn outbound(&self, to: &Receiver<'_>, reply: &Reply, asked_in: Option<&str>) -> Bytes {
        let status = status_text(reply.status.as_u16(), reply.reason.as_deref().unwrap_or_default());
        let payload = reply.payload.as_deref();
        let message = EcsToExtensionOutboundMessage {
            correlation_id: to.correlation_id,
            timestamp: self.clock.millis(),
            timeout: 0,
            app_version_token: to.app_version,
            extension_instance_id: self.identity.instance.as_str(),
            endpoint_id: to.endpoint_id,
            content_type: payload.and(reply.content_type.or(asked_in)),
            payload,
            status: Some(&status),
            path: to.resource_path,
        };
        self.pen.write(&message, ecs2ext::Revision::Seed, payload.map_or(0, <[u8]>::len)).unwrap_or_default()
    }

    /// The response of the service, or one that only says how it went.
    fn answer_to(&self, message: &dyn AnyMessage, reply: &Reply) -> Option<Bytes> {
        reply.message.clone().or_else(|| {
            let reason = reply.reason().or_else(|| reply.status().canonical_reason()).unwrap_or_default();
            let outcome = Outcome { status: reply.status().as_u16(), reason };
            message.answer(&self.identity.instance, outcome, self.clock.millis())
        })
    }
}
