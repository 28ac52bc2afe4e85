//! One request on its way through the layers to its resource.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::Extensions;
use kaa_process::trace::Trace;
use kaa_protocol::ByteString;
use kaa_protocol::ism::Message;
use kaa_protocol::kp1::RequestId;

use crate::envelope::Envelope;
use crate::outlet::Outlet;
use crate::session::Session;
use crate::time::Deadline;

/// What a device asked, as layers and extractors see it; or a message of another service, which has
/// no resource path.
///
/// Cloning is cheap: the message itself is shared.
#[derive(Clone)]
pub struct Request {
    envelope: Arc<Envelope>,
    parameters: Parameters,
    extensions: Extensions,
}

/// The path parameters of the matched resource, as ranges of the resource path.
#[derive(Clone, Default)]
pub(crate) struct Parameters(Vec<(&'static str, Range<usize>)>);

impl Parameters {
    pub(crate) fn push(&mut self, name: &'static str, at: Range<usize>) {
        self.0.push((name, at));
    }
}

impl Request {
    pub(crate) fn new(envelope: Arc<Envelope>) -> Self {
        Self { envelope, parameters: Parameters::default(), extensions: Extensions::new() }
    }

    pub(crate) fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    /// The path inside the extension, such as `/config/json`; may be empty, and is in a message of
    /// another service.
    pub fn resource_path(&self) -> &str {
        self.envelope.resource_path()
    }

    /// The text of a path parameter; `None` when the resource has none of that name or the
    /// optional part that holds it is absent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, at) = self.parameters.0.iter().find(|(known, _)| *known == name)?;
        self.resource_path().get(at.clone())
    }

    /// The endpoint the request is made for; `None` for an endpoint-unaware extension.
    pub fn endpoint_id(&self) -> Option<&str> {
        self.envelope.endpoint_id()
    }

    /// The name of the application version the endpoint belongs to.
    pub fn app_version(&self) -> &str {
        self.envelope.app_version()
    }

    /// The ID that links the messages of one exchange across services; unique text of the sender.
    pub fn correlation_id(&self) -> &str {
        self.envelope.correlation_id()
    }

    /// The device's own number for this request; `None` when it asked for no answer.
    pub fn request_id(&self) -> Option<RequestId> {
        self.envelope.request_id()
    }

    /// The format of the payload, where the device says it (4/ECS2EXT).
    pub fn content_type(&self) -> Option<&str> {
        self.envelope.content_type()
    }

    /// The configuration name the envelope carries beside the path (4/ESP since 2026).
    pub fn config_name(&self) -> Option<&str> {
        self.envelope.config_name()
    }

    pub(crate) fn payload_bytes(&self) -> &[u8] {
        self.envelope.payload_bytes()
    }

    /// What the device sent. May be empty.
    pub fn payload(&self) -> Bytes {
        self.envelope.payload()
    }

    /// When the handler has to be done.
    pub fn deadline(&self) -> Deadline {
        self.envelope.deadline()
    }

    /// The way back to the device, for pushes and affinity; `None` for a message of another service.
    pub fn session(&self) -> Option<Session> {
        self.envelope.session()
    }

    /// The name of the record that another service sent, such as `ConfigUpdated`; `None` for a request
    /// of a device.
    pub fn message_type(&self) -> Option<&'static str> {
        self.envelope.message().map(|(message, _)| message.name())
    }

    /// The message of another service, if it is a `T`.
    pub fn message<T: Message>(&self) -> Option<T> {
        self.envelope.message()?.0.as_any().downcast_ref::<T>().cloned()
    }

    /// The number of the function that handles this message; requests of devices are routed by their path.
    pub(crate) fn function(&self) -> Option<usize> {
        self.envelope.message().map(|(_, function)| function)
    }

    /// It has reached the function with this number, among all of the extension.
    pub(crate) fn reaches(&self, function: usize) {
        self.envelope.reaches(function);
    }

    /// Its span and its trace.
    pub(crate) fn trace(&self) -> Option<&Arc<Trace>> {
        self.envelope.trace()
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        self.envelope.outlet()
    }

    /// A response, completed with what a response repeats of its request.
    pub(crate) fn complete<M: Message>(&self, mut response: M) -> Bytes {
        let id = ByteString::from(self.correlation_id());
        response.stamp(&id, self.envelope.outlet().millis(), 0);
        response.set_correlation_id(id);
        response.to_bytes()
    }

    /// What the message is about, for the log: the resource path, or the name of its record.
    pub(crate) fn title(&self) -> &str {
        self.envelope.title()
    }

    /// Values that layers left for handlers.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Where layers leave values for handlers.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("message_type", &self.message_type())
            .field("resource_path", &self.resource_path())
            .field("endpoint_id", &self.endpoint_id())
            .field("app_version", &self.app_version())
            .field("request_id", &self.request_id())
            .field("correlation_id", &self.correlation_id())
            .field("payload_bytes", &self.envelope.payload().len())
            .finish_non_exhaustive()
    }
}
