//! The two protocols that extensions speak, behind the words of one of them: what goes out is a [`Request`],
//! what comes back reads as an `ExtensionData`.
//!
//! What 4/ECS2EXT has no field for is filled in: a request ID by the request that waits under the correlation
//! ID, status code and reason by the status text. It has no sessions to pin.

use std::collections::HashMap;

use bytes::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ecs2ext::{
    self, EcsToExtensionInboundMessage, EcsToExtensionOutboundMessage, status_code, status_text,
};
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::Subject;

use super::delivery::Refusal;
use super::request::Request;

/// The way to an extension as a whole.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) dialect: Dialect,
    pub(super) subject: Subject,
}

/// The ways that were used, so that a subject is not put together for every request.
#[derive(Debug)]
pub(super) struct Routes {
    dialects: HashMap<ServiceInstance, Dialect>,
    known: HashMap<ServiceInstance, Route>,
}

impl Routes {
    /// More than there are extensions. Beyond, all are put together anew.
    const KNOWN: usize = 1024;

    pub(super) fn new(dialects: &HashMap<ServiceInstance, Dialect>) -> Self {
        Self { dialects: dialects.clone(), known: HashMap::new() }
    }

    pub(super) fn to(&mut self, extension: &ServiceInstance) -> Route {
        if let Some(route) = self.known.get(extension) {
            return route.clone();
        }
        let dialect = self.dialects.get(extension).copied().unwrap_or_default();
        let route = Route { dialect, subject: dialect.requests(extension, None) };
        if self.known.len() >= Self::KNOWN {
            self.known.clear();
        }
        self.known.insert(extension.clone(), route.clone());
        route
    }
}

/// When a message is made, and how long it is worth handling, in the milliseconds of the wire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validity {
    pub(super) timestamp: i64,
    pub(super) timeout: i64,
}

/// A request as a message.
pub(super) fn encode(
    dialect: Dialect,
    request: &Request,
    correlation_id: &str,
    validity: Validity,
    revision: Revision,
) -> Result<Bytes, Refusal> {
    let Validity { timestamp, timeout } = validity;
    let app_version = request.app_version().as_str();
    let endpoint_id = request.endpoint.as_ref().map(|endpoint| endpoint.endpoint_id.as_str());
    let config_name = request.config_name.as_ref().map(AsRef::as_ref);
    let encoded = match dialect {
        Dialect::Esp => {
            let data = ClientData {
                correlation_id,
                timestamp,
                timeout,
                app_version_name: app_version,
                endpoint_id,
                resource_path: request.path.resource_path.as_str(),
                request_id: request.path.request_id.map(i32::from),
                payload: &request.payload,
                config_name,
            };
            data.encode(if config_name.is_some() { Revision::Current } else { revision })
        }
        // It would be answered with another configuration than the one that was asked for.
        Dialect::Ecs2Ext if config_name.is_some() => return Err(Refusal::Unwritable),
        Dialect::Ecs2Ext => {
            let message = EcsToExtensionInboundMessage {
                correlation_id,
                timestamp,
                timeout,
                app_version_token: app_version,
                endpoint_id,
                // A client does not say it.
                content_type: None,
                payload: Some(&request.payload),
                status: None,
                path: request.path.resource_path.as_str(),
            };
            message.encode(ecs2ext::Revision::Seed)
        }
    };
    encoded.map_err(|_| Refusal::Unwritable)
}

/// What an extension says.
#[derive(Debug)]
pub(super) struct Heard<'a> {
    pub(super) data: ExtensionData<'a>,
    pub(super) has_trailing_bytes: bool,
    /// It only says how something went.
    pub(super) is_status: bool,
}

/// Reads what an extension says; `None` when it cannot be read.
pub(super) fn read(dialect: Dialect, datum: &Bytes) -> Option<Heard<'_>> {
    match dialect {
        Dialect::Esp => {
            let decoded = ExtensionData::decode(datum).ok()?;
            let has_trailing_bytes = decoded.trailing > 0;
            Some(Heard { data: decoded.record, has_trailing_bytes, is_status: false })
        }
        Dialect::Ecs2Ext => {
            let decoded = EcsToExtensionOutboundMessage::decode(datum).ok()?;
            let message = &decoded.record;
            let (code, reason) = message.status.map_or((200, ""), status_code);
            let data = ExtensionData {
                correlation_id: message.correlation_id,
                timestamp: message.timestamp,
                timeout: message.timeout,
                app_version_name: Some(message.app_version_token),
                extension_instance_name: Some(message.extension_instance_id),
                endpoint_id: message.endpoint_id,
                resource_path: message.path,
                request_id: None,
                payload: message.payload,
                status_code: code.into(),
                reason_phrase: (!reason.is_empty()).then_some(reason),
            };
            let has_trailing_bytes = decoded.trailing > 0;
            Some(Heard { data, has_trailing_bytes, is_status: message.is_status() })
        }
    }
}

/// The status message about a push: how its delivery went.
pub(super) fn status_message(
    push: &ExtensionData<'_>,
    code: u16,
    reason: &str,
    timestamp: i64,
) -> Option<Bytes> {
    let message = EcsToExtensionInboundMessage {
        correlation_id: push.correlation_id,
        timestamp,
        timeout: 0,
        app_version_token: push.app_version_name.unwrap_or_default(),
        endpoint_id: push.endpoint_id,
        content_type: None,
        payload: None,
        status: Some(&status_text(code, reason)),
        path: push.resource_path,
    };
    message.encode(ecs2ext::Revision::Seed).ok()
}
