//! A message after intake: what it says, owned, and its way back.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::StatusCode;
use kaa_bus::trace::TraceContext;
use kaa_process::trace::{About, Kind, Trace};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::kp1::RequestId;
use kaa_protocol::subject::Subject;
use tokio::time::Instant;

use crate::figures;
use crate::message::AnyMessage;
use crate::outlet::{Outlet, Receiver, Voice};
use crate::session::Session;
use crate::texts::{Part, Texts};
use crate::time::{Deadline, Term};

/// Everything a message says, without the protocol it said it in.
pub(crate) struct Envelope {
    /// The size of the datum, in bytes: like the [parts](Part) of its texts, in 32 bits.
    size: u32,
    texts: Texts,
    correlation_id: Part,
    app_version: Part,
    endpoint_id: Option<Part>,
    resource_path: Part,
    config_name: Option<Part>,
    content_type: Option<Part>,
    payload: Bytes,
    request_id: Option<RequestId>,
    matter: Matter,
    term: Term,
    /// The number of the function it has reached, among all of the extension.
    reached: AtomicU32,
    reply_to: Option<Subject>,
    outlet: Arc<Outlet>,
    session: OnceLock<Session>,
    /// Its span and its trace; mostly nobody wants to know.
    trace: Option<Arc<Trace>>,
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

impl Fields<'_> {
    /// How long all texts are together, in bytes.
    fn texts_len(&self) -> usize {
        let some = [self.endpoint_id, self.config_name, self.content_type];
        let some: usize = some.into_iter().flatten().map(str::len).sum();
        self.correlation_id.len() + self.app_version.len() + self.resource_path.len() + some
    }
}

impl Envelope {
    /// `payload` is that of the fields, in a buffer that may be kept; `texts` is room for the others.
    pub(crate) fn new(
        size: usize,
        fields: &Fields<'_>,
        (texts, payload): (Texts, Bytes),
        matter: Matter,
        term: Term,
        reply_to: Option<Subject>,
        outlet: Arc<Outlet>,
    ) -> Self {
        let mut texts = texts.emptied(|| fields.texts_len());
        Self {
            size: u32::try_from(size).unwrap_or(u32::MAX),
            correlation_id: texts.push(fields.correlation_id),
            app_version: texts.push(fields.app_version),
            endpoint_id: fields.endpoint_id.map(|text| texts.push(text)),
            resource_path: texts.push(fields.resource_path),
            config_name: fields.config_name.map(|text| texts.push(text)),
            content_type: fields.content_type.map(|text| texts.push(text)),
            texts,
            payload,
            request_id: fields.request_id,
            matter,
            term,
            reached: AtomicU32::new(figures::NONE),
            reply_to,
            outlet,
            session: OnceLock::new(),
            trace: None,
        }
    }

    /// The envelope of a message of another service, which was decoded from `datum`. All of the datum is
    /// its payload.
    pub(crate) fn of_message(
        texts: Texts,
        datum: &Bytes,
        message: Box<dyn AnyMessage>,
        function: usize,
        term: Term,
        reply_to: Option<Subject>,
        outlet: Arc<Outlet>,
    ) -> Self {
        let fields = Fields {
            correlation_id: message.header().correlation_id,
            app_version: message.app_version().unwrap_or_default(),
            endpoint_id: message.endpoint_id(),
            ..Fields::default()
        };
        // The texts are copied before the message they belong to moves in beside them.
        let matter = Matter::Request(Dialect::Esp);
        let room = (texts, datum.clone());
        let envelope = Self::new(datum.len(), &fields, room, matter, term, reply_to, outlet);
        Self { matter: Matter::Message(message, function), ..envelope }
    }

    /// The room of the texts, to be used again.
    pub(crate) fn take_texts(&mut self) -> Texts {
        std::mem::take(&mut self.texts)
    }

    /// Gives back what others may be waiting for, or what takes much memory. Afterwards it says nothing more.
    pub(crate) fn let_go(&mut self) {
        self.payload = Bytes::new();
        self.matter = Matter::Request(Dialect::Esp);
        self.session = OnceLock::new();
        self.trace = None;
    }

    /// Begins its span, if anybody wants to know. `from` is the context it came with.
    #[inline(always)]
    pub(crate) fn follow(&mut self, from: Option<&TraceContext>) {
        if Trace::may_be_wanted(from) {
            self.begin(from);
        }
    }

    #[cold]
    fn begin(&mut self, from: Option<&TraceContext>) {
        self.trace = Trace::begin(&self.about(), from).map(Arc::new);
    }

    /// What its span says.
    fn about(&self) -> About<'_> {
        let is_event = self.message().is_some_and(|(message, _)| message.is_event());
        About {
            kind: if is_event { Kind::Event } else { Kind::Request },
            replica: self.outlet.replica().as_str(),
            correlation_id: self.correlation_id(),
            endpoint_id: self.endpoint_id(),
            extension: "",
            resource: self.title(),
        }
    }

    /// Notes in its span how it ended.
    pub(crate) fn ends(&self, status: StatusCode) {
        if let Some(trace) = &self.trace {
            trace.ends(status.as_u16().into());
        }
    }

    /// Its span and its trace.
    pub(crate) fn trace(&self) -> Option<&Arc<Trace>> {
        self.trace.as_ref()
    }

    /// The size of the message in bytes, for admission.
    pub(crate) fn len(&self) -> usize {
        self.size as usize
    }

    pub(crate) fn correlation_id(&self) -> &str {
        self.texts.get(self.correlation_id)
    }

    pub(crate) fn app_version(&self) -> &str {
        self.texts.get(self.app_version)
    }

    pub(crate) fn endpoint_id(&self) -> Option<&str> {
        self.endpoint_id.map(|part| self.texts.get(part))
    }

    /// The endpoint whose messages wait for each other.
    ///
    /// A targeted request waits for none: its asker may be a handler of that very endpoint.
    pub(crate) fn lane(&self) -> Option<&str> {
        let waits = self.message().is_none_or(|(message, _)| message.is_event());
        self.endpoint_id().filter(|_| waits)
    }

    pub(crate) fn resource_path(&self) -> &str {
        self.texts.get(self.resource_path)
    }

    pub(crate) fn config_name(&self) -> Option<&str> {
        self.config_name.map(|part| self.texts.get(part))
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.map(|part| self.texts.get(part))
    }

    pub(crate) fn payload(&self) -> Bytes {
        self.payload.clone()
    }

    pub(crate) fn payload_bytes(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn request_id(&self) -> Option<RequestId> {
        self.request_id
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.term.deadline
    }

    /// When it came.
    pub(crate) fn arrived(&self) -> Instant {
        self.term.arrived
    }

    /// It has reached the function with this number.
    pub(crate) fn reaches(&self, function: usize) {
        self.reached.store(u32::try_from(function).unwrap_or(figures::NONE), Relaxed);
        if let Some(trace) = &self.trace {
            trace.reaches(self.outlet.function(function));
        }
    }

    /// The number of the function it has reached; none that a function has when it has not reached any.
    pub(crate) fn reached(&self) -> usize {
        self.reached.load(Relaxed) as usize
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
            trace: self.trace.as_ref().and_then(|trace| trace.context()),
        }
    }
}
