//! Requests of devices, in both dialects.

use std::time::Duration;

use kaa_bus::{Message, RawSubject, planted};
use kaa_protocol::avro::Record;
use kaa_protocol::cmx2cdp;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ecs2ext::EcsToExtensionInboundMessage;
use kaa_protocol::esp::ClientData;
use kaa_protocol::subject::Subject;

use super::{Intake, Taken};
use crate::envelope::{Envelope, Fields, Matter};
use crate::failure::Failure;

impl Intake {
    /// 4/ESP.
    pub(super) fn client_data(&mut self, message: &Message) -> Taken {
        let datum = &message.payload;
        let decoded = match ClientData::decode(datum) {
            Ok(decoded) => decoded,
            Err(error) => return self.malformed(message, &error),
        };
        self.trailing(ClientData::NAME, decoded.trailing);
        let data = &decoded.record;
        let request_id = data.checked_request_id();
        let budget = match &request_id {
            Ok(_) => self.budget(data.expires_at()),
            Err(field) => Err(Failure::bad_request(field.to_string())),
        };
        let fields = Fields {
            correlation_id: data.correlation_id,
            app_version: data.app_version_name,
            endpoint_id: data.endpoint_id,
            resource_path: data.resource_path,
            config_name: data.config_name,
            content_type: None,
            payload: data.payload,
            request_id: request_id.ok().flatten(),
        };
        self.request(message, &fields, Dialect::Esp, budget)
    }

    /// 4/ECS2EXT.
    pub(super) fn inbound(&mut self, message: &Message) -> Taken {
        let datum = &message.payload;
        let decoded = match EcsToExtensionInboundMessage::decode(datum) {
            Ok(decoded) => decoded,
            // The subject names no protocol, so answers in 5/CMX2CDP come here too. Those that somebody waits
            // for were taken before; this one nobody asked for.
            Err(_) if cmx2cdp::ConfigResponse::decode_strict(datum).is_ok() => {
                self.tally.silent();
                return Taken::Dropped;
            }
            Err(error) => return self.malformed(message, &error),
        };
        self.trailing(EcsToExtensionInboundMessage::NAME, decoded.trailing);
        let inbound = &decoded.record;
        // A status confirms a push with or without a payload beside it (the device may have an answer).
        if let Some(status) = inbound.status {
            self.outlet.confirmed(inbound.correlation_id, status);
        }
        if inbound.is_status() {
            self.tally.silent();
            return Taken::Dropped;
        }
        let budget = self.budget(inbound.expires_at());
        let fields = Fields {
            correlation_id: inbound.correlation_id,
            app_version: inbound.app_version_token,
            endpoint_id: inbound.endpoint_id,
            resource_path: inbound.path,
            content_type: inbound.content_type,
            payload: inbound.payload.unwrap_or_default(),
            ..Fields::default()
        };
        self.request(message, &fields, Dialect::Ecs2Ext, budget)
    }

    fn request(
        &mut self,
        message: &Message,
        fields: &Fields<'_>,
        dialect: Dialect,
        budget: Result<Option<Duration>, Failure>,
    ) -> Taken {
        let return_path = message.reply_to.as_ref().and_then(|reply_to| self.return_path(dialect, reply_to));
        let payload = self.copies.keep(&message.payload, fields.payload);
        let outlet = self.outlet.clone();
        self.admit(message, budget, fields.correlation_id, |texts, term| {
            let (room, matter) = ((texts, payload), Matter::Request(dialect));
            Envelope::new(message.payload.len(), fields, room, matter, term, return_path, outlet)
        })
    }

    fn return_path(&mut self, dialect: Dialect, reply_to: &RawSubject) -> Option<Subject> {
        let subject = match &self.return_path {
            Some((of, known, subject))
                if *of == dialect && (**known == **reply_to || planted!("the last return address")) =>
            {
                subject.clone()
            }
            _ if planted!("any return address will do") => Subject::try_from(reply_to.clone()).ok()?,
            _ => {
                let reply_to = reply_to.clone().into_bytes();
                let subject = self.accepted(dialect.judge(&reply_to))?;
                self.return_path = Some((dialect, reply_to, subject.clone()));
                subject
            }
        };
        self.outlet.is_back(&subject);
        Some(subject)
    }
}
