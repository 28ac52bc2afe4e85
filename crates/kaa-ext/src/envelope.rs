//! A message after intake: its fields by position in one owned buffer, and its way back.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use kaa_protocol::esp::ClientData;
use kaa_protocol::kp1::RequestId;
use kaa_protocol::subject::Subject;

use crate::outlet::{Outlet, Receiver};
use crate::session::Session;
use crate::span::Span;
use crate::time::Deadline;

/// Everything a message says, without the protocol it said it in.
pub(crate) struct Envelope {
    datum: Bytes,
    correlation_id: Span,
    app_version: Span,
    endpoint_id: Option<Span>,
    resource_path: Span,
    config_name: Option<Span>,
    payload: Span,
    request_id: Option<RequestId>,
    deadline: Deadline,
    reply_to: Option<Subject>,
    outlet: Arc<Outlet>,
    session: OnceLock<Session>,
}

impl Envelope {
    /// `data` was decoded from `datum`, and `kept` is the same bytes in a buffer that may be kept.
    pub(crate) fn new(
        datum: &[u8],
        kept: Bytes,
        data: &ClientData<'_>,
        deadline: Deadline,
        reply_to: Option<Subject>,
        outlet: Arc<Outlet>,
    ) -> Self {
        let span = |part: &str| Span::of(datum, part.as_bytes());
        Self {
            correlation_id: span(data.correlation_id),
            app_version: span(data.app_version_name),
            endpoint_id: data.endpoint_id.map(span),
            resource_path: span(data.resource_path),
            config_name: data.config_name.map(span),
            payload: Span::of(datum, data.payload),
            request_id: data.checked_request_id().ok().flatten(),
            datum: kept,
            deadline,
            reply_to,
            outlet,
            session: OnceLock::new(),
        }
    }

    /// The size of the message in bytes, for admission.
    pub(crate) fn len(&self) -> usize {
        self.datum.len()
    }

    pub(crate) fn correlation_id(&self) -> &str {
        self.correlation_id.text(&self.datum)
    }

    pub(crate) fn app_version(&self) -> &str {
        self.app_version.text(&self.datum)
    }

    pub(crate) fn endpoint_id(&self) -> Option<&str> {
        self.endpoint_id.map(|span| span.text(&self.datum))
    }

    pub(crate) fn resource_path(&self) -> &str {
        self.resource_path.text(&self.datum)
    }

    pub(crate) fn config_name(&self) -> Option<&str> {
        self.config_name.map(|span| span.text(&self.datum))
    }

    pub(crate) fn payload(&self) -> Bytes {
        self.payload.slice(&self.datum)
    }

    pub(crate) fn payload_bytes(&self) -> &[u8] {
        self.payload.bytes(&self.datum)
    }

    pub(crate) fn request_id(&self) -> Option<RequestId> {
        self.request_id
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The session of this message. All callers share one, so that the answer knows of a pin.
    pub(crate) fn session(&self) -> Session {
        self.session.get_or_init(|| Session::new(self.outlet.clone(), &self.sender())).clone()
    }

    /// Who sent the message, as the receiver of its answer: an answer repeats what the request said.
    pub(crate) fn sender(&self) -> Receiver<'_> {
        Receiver {
            correlation_id: self.correlation_id(),
            app_version: self.app_version(),
            endpoint_id: self.endpoint_id(),
            resource_path: self.resource_path(),
            request_id: self.request_id,
            return_path: self.reply_to.as_ref(),
            pinned: self.session.get().is_some_and(Session::is_pinned),
        }
    }
}
