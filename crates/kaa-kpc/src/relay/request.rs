//! What a client asks an extension for.

use bytes::Bytes;
use bytestring::ByteString;
use kaa_bus::trace::TraceContext;
use kaa_protocol::kp1::RequestPath;
use kaa_protocol::name::{AppVersion, ConfigName, EndpointId};

use super::pins::Party;

/// A request of a client, read and allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for. With a request ID there is exactly one answer; without one, only an error is
    /// told, and only if it becomes known.
    pub path: RequestPath,
    /// The endpoint that the token of the path stands for; `None` for an extension that knows none.
    pub endpoint: Option<ResolvedEndpoint>,
    /// The named configuration that is asked for. The message is of the current 4/ESP revision then,
    /// whatever the relay writes otherwise: the seed has no such field.
    pub config_name: Option<ConfigName>,
    /// What the client sent, byte for byte.
    pub payload: Bytes,
    /// The trace it belongs to, if the client says so.
    pub trace: Option<TraceContext>,
}

impl Request {
    /// A request for an extension that knows no endpoints.
    pub fn new(path: RequestPath, payload: Bytes) -> Self {
        Self { path, endpoint: None, config_name: None, payload, trace: None }
    }

    /// The same for an endpoint.
    #[must_use]
    pub fn endpoint(self, endpoint: ResolvedEndpoint) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// The application version as extensions get it.
    pub(super) fn app_version(&self) -> &AppVersion {
        self.endpoint.as_ref().map_or(&self.path.app_version, |endpoint| &endpoint.app_version)
    }

    /// Whose session it belongs to; `None` when nobody's, because it came without a connection.
    pub(super) fn party(&self, connection: Option<u64>) -> Option<Party> {
        match &self.endpoint {
            Some(endpoint) => Some(Party::Endpoint(endpoint.endpoint_id.clone())),
            None => connection.map(Party::Connection),
        }
    }
}

/// The endpoint behind a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedEndpoint {
    /// Its ID.
    pub endpoint_id: EndpointId,
    /// The application version it belongs to.
    pub app_version: AppVersion,
}

/// How a client asked: what its answer comes back with, untouched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The topic, byte for byte. It cannot be made from the parsed path: a request ID of `03` is 3, and
    /// is answered as `03`.
    pub topic: ByteString,
    /// Whatever the front end wants to find again, such as the quality of service it was asked with. With 0
    /// there is nothing to find: [`Connection::taken`](super::Connection::taken) is not about this request.
    pub mark: u64,
}
