//! A message after intake: its fields by position in one owned buffer, and its way back.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::kp1::RequestId;
use kaa_protocol::subject::Subject;

use crate::message::AnyMessage;
use crate::outlet::{Outlet, Receiver, Voice};
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
    content_type: Option<Span>,
    payload: Span,
    request_id: Option<RequestId>,
    matter: Matter,
    deadline: Deadline,
    reply_to: Option<Subject>,
    outlet: Arc<Outlet>,
    session: OnceLock<Session>,
}

/// What kind of message it is: who handles it, and how it is answered.
pub(crate) enum Matter {
    /// What a device sent: the resource path decides.
    Request(Dialect),
    /// What another service sent: for the function with this number.
    Message(Box<dyn AnyMessage>, usize),
}

/// The fields of a message, borrowed from its datum.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    pub(crate) correlation_id: &'a str,
    pub(crate) app_version: &'a str,
    pub(crate) endpoint_id: Option<&'a str>,
    pub(crate) resource_path: &'a str,
    pub(crate) config_name: Option<&'a str>,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) payload: &'a [u8],
    pub(crate) request_id: Option<RequestId>,
}

impl Envelope {
    /// `fields` are parts of `datum`, and `kept` is the same bytes in a buffer that may be kept.
    pub(crate) fn new(
        (datum, kept): (&[u8], Bytes),
        fields: &Fields<'_>,
        matter: Matter,
        deadline: Deadline,
        reply_to: Option<Subject>,
        outlet: Arc<Outlet>,
    ) -> Self {
        let span = |part: &str| Span::of(datum, part.as_bytes());
        Self {
            correlation_id: span(fields.correlation_id),
            app_version: span(fields.app_version),
            endpoint_id: fields.endpoint_id.map(span),
            resource_path: span(fields.resource_path),
            config_name: fields.config_name.map(span),
            content_type: fields.content_type.map(span),
            payload: Span::of(datum, fields.payload),
            request_id: fields.request_id,
            datum: kept,
            matter,
            deadline,
            reply_to,
            outlet,
            session: OnceLock::new(),
        }
    }

    /// The envelope of a message of another service, which was decoded from `datum`. All of the datum is
    /// its payload.
    pub(crate) fn of_message(
        datum: &Bytes,
        message: Box<dyn AnyMessage>,
        function: usize,
        deadline: Deadline,
        reply_to: Option<Subject>,
        outlet: Arc<Outlet>,
    ) -> Self {
        let fields = Fields {
            correlation_id: message.header().correlation_id,
            app_version: message.app_version().unwrap_or_default(),
            endpoint_id: message.endpoint_id(),
            payload: datum,
            ..Fields::default()
        };
        // The positions of the fields are taken before the message they belong to moves in beside them.
        let matter = Matter::Request(Dialect::Esp);
        let envelope = Self::new((datum, datum.clone()), &fields, matter, deadline, reply_to, outlet);
        Self { matter: Matter::Message(message, function), ..envelope }
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

    /// The endpoint whose messages wait for each other.
    ///
    /// A targeted request waits for none: its asker may be a handler of that very endpoint.
    pub(crate) fn lane(&self) -> Option<&str> {
        let waits = self.message().is_none_or(|(message, _)| message.is_event());
        self.endpoint_id().filter(|_| waits)
    }

    pub(crate) fn resource_path(&self) -> &str {
        self.resource_path.text(&self.datum)
    }

    pub(crate) fn config_name(&self) -> Option<&str> {
        self.config_name.map(|span| span.text(&self.datum))
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.map(|span| span.text(&self.datum))
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

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// The message of another service, and the number of its function; `None` for a request of a device.
    pub(crate) fn message(&self) -> Option<(&dyn AnyMessage, usize)> {
        match &self.matter {
            Matter::Request(_) => None,
            Matter::Message(message, function) => Some((&**message, *function)),
        }
    }

    /// The session of this message, if it came from a device. All callers share one, so that the
    /// answer knows of a pin.
    pub(crate) fn session(&self) -> Option<Session> {
        if self.message().is_some() {
            return None;
        }
        let new = || Session::new(self.outlet.clone(), &self.sender());
        Some(self.session.get_or_init(new).clone())
    }

    /// What the message is about, for the log: the resource path, or the name of its record.
    pub(crate) fn title(&self) -> &str {
        self.message().map_or_else(|| self.resource_path(), |(message, _)| message.name())
    }

    /// Who sent the message, as the receiver of its answer: an answer repeats what the request said.
    pub(crate) fn sender(&self) -> Receiver<'_> {
        Receiver {
            voice: match &self.matter {
                Matter::Request(Dialect::Esp) => Voice::Esp,
                Matter::Request(Dialect::Ecs2Ext) => Voice::Ecs2Ext { content_type: self.content_type() },
                Matter::Message(message, _) => Voice::Message(&**message),
            },
            correlation_id: self.correlation_id(),
            app_version: self.app_version(),
            endpoint_id: self.endpoint_id(),
            resource_path: self.resource_path(),
            request_id: self.request_id,
            return_path: self.reply_to.as_ref(),
            is_restored: false,
            pinned: self.session.get().is_some_and(Session::is_pinned),
        }
    }
}
