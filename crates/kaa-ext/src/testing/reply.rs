//! What a device of a test gets, and what a test may say about it.

use bytes::Bytes;
use kaa_protocol::esp::ExtensionData;
use kaa_protocol::subject::Subject;
use serde::de::DeserializeOwned;

/// What came to a device: an answer or a push.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestReply {
    /// The HTTP status code.
    pub status: i32,
    /// The reason phrase.
    pub reason: Option<String>,
    /// The payload; `None` for null.
    pub payload: Option<Bytes>,
    /// The resource path the message belongs to.
    pub resource_path: String,
    /// The correlation ID.
    pub correlation_id: String,
    /// The request ID; `None` for a push.
    pub request_id: Option<i32>,
    /// The extension that sent the message.
    pub extension: Option<String>,
    /// Where further requests are to go.
    pub(super) reply_to: Option<Subject>,
}

impl TestReply {
    pub(super) fn new(data: &ExtensionData<'_>, reply_to: Option<Bytes>) -> Self {
        Self {
            status: data.status_code,
            reason: data.reason_phrase.map(str::to_owned),
            payload: data.payload.map(Bytes::copy_from_slice),
            resource_path: data.resource_path.to_owned(),
            correlation_id: data.correlation_id.to_owned(),
            request_id: data.request_id,
            extension: data.extension_instance_name.map(str::to_owned),
            reply_to: reply_to.map(|bytes| bytes.try_into().expect("extensions send valid replyTo subjects")),
        }
    }

    /// Expects this status.
    #[track_caller]
    pub fn assert_status(&self, status: i32) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Expects this reason phrase.
    #[track_caller]
    pub fn assert_reason(&self, reason: &str) -> &Self {
        assert_eq!(self.reason.as_deref(), Some(reason), "{self:?}");
        self
    }

    /// Expects this resource path.
    #[track_caller]
    pub fn assert_path(&self, path: &str) -> &Self {
        assert_eq!(self.resource_path, path, "{self:?}");
        self
    }

    /// Expects this text as the payload.
    #[track_caller]
    pub fn assert_text(&self, text: &str) -> &Self {
        let payload = self.payload.as_deref().map(String::from_utf8_lossy);
        assert_eq!(payload.as_deref(), Some(text), "{self:?}");
        self
    }

    /// Expects this value as the payload, as JSON.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads well with json!({…})")]
    pub fn assert_json(&self, value: serde_json::Value) -> &Self {
        assert_eq!(self.json::<serde_json::Value>(), value, "{self:?}");
        self
    }

    /// The payload as JSON of this type.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let payload = self.payload.as_deref().unwrap_or_default();
        serde_json::from_slice(payload).unwrap_or_else(|error| panic!("no such JSON: {error}: {self:?}"))
    }
}
