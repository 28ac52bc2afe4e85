//! What a device of a test gets, and what a test may say about it.

use std::borrow::Cow;
use std::fmt;

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
        assert_eq!(self.status, status, "the status of {self}");
        self
    }

    /// Expects this reason phrase.
    #[track_caller]
    pub fn assert_reason(&self, reason: &str) -> &Self {
        assert_eq!(self.reason.as_deref(), Some(reason), "the reason phrase of {self}");
        self
    }

    /// Expects this resource path.
    #[track_caller]
    pub fn assert_path(&self, path: &str) -> &Self {
        assert_eq!(self.resource_path, path, "the path of {self}");
        self
    }

    /// Expects this text as the payload.
    #[track_caller]
    pub fn assert_text(&self, text: &str) -> &Self {
        assert_eq!(self.text().as_deref(), Some(text), "the payload of {self}");
        self
    }

    /// Expects a payload that has this text in it.
    #[track_caller]
    pub fn assert_contains(&self, text: &str) -> &Self {
        let found = self.text().is_some_and(|payload| payload.contains(text));
        assert!(found, "{text:?} was to be in the payload of {self}");
        self
    }

    /// Expects no payload, or an empty one.
    #[track_caller]
    pub fn assert_empty(&self) -> &Self {
        assert!(self.payload.as_deref().unwrap_or_default().is_empty(), "nothing was to be in {self}");
        self
    }

    /// Expects this value as the payload, as JSON.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads well with json!({…})")]
    pub fn assert_json(&self, value: serde_json::Value) -> &Self {
        assert_eq!(self.json::<serde_json::Value>(), value, "the payload of {self}");
        self
    }

    /// Expects this value at this place of the payload, as JSON. The place is a JSON pointer: `/rooms/0/celsius`.
    ///
    /// ```
    /// # use kaa_ext::prelude::*;
    /// # use kaa_ext::testing::TestKaa;
    /// # #[resource("/rooms")]
    /// # async fn rooms() -> Json<serde_json::Value> {
    /// #     Json(serde_json::json!({ "rooms": [{ "celsius": 21 }] }))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let kaa = TestKaa::start(Extension::new("ext").resources(resources![rooms]).build().unwrap()).await;
    /// # let device = kaa.endpoint("ep-1");
    /// device.request("/rooms").await.assert_status(200).assert_json_at("/rooms/0/celsius", 21);
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_json_at(&self, pointer: &str, value: impl Into<serde_json::Value>) -> &Self {
        let payload = self.json::<serde_json::Value>();
        assert_eq!(payload.pointer(pointer), Some(&value.into()), "{pointer} in {self}");
        self
    }

    /// The payload as text; what is no UTF-8 in it is replaced.
    fn text(&self) -> Option<Cow<'_, str>> {
        self.payload.as_deref().map(String::from_utf8_lossy)
    }

    /// The payload as JSON of this type.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let payload = self.payload.as_deref().unwrap_or_default();
        serde_json::from_slice(payload).unwrap_or_else(|error| panic!("JSON was to be in {self}: {error}"))
    }
}

/// As in `200 OK from /config: {"rate":5}`.
impl fmt::Display for TestReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(reason) = &self.reason {
            write!(f, " {reason}")?;
        }
        write!(f, " from {}", self.resource_path)?;
        match self.text() {
            Some(text) => write!(f, ": {text}"),
            None => f.write_str(", without a payload"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(payload: Option<&'static str>) -> TestReply {
        TestReply {
            status: 404,
            reason: Some("no such room".into()),
            payload: payload.map(Bytes::from),
            resource_path: "/rooms".into(),
            correlation_id: "c".into(),
            request_id: Some(1),
            extension: None,
            reply_to: None,
        }
    }

    /// What the test is told that fails with this assertion.
    fn told(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let failed = std::panic::catch_unwind(assertion).unwrap_err();
        *failed.downcast::<String>().unwrap()
    }

    #[test]
    fn an_assertion_that_fails_shows_what_came_instead() {
        let what_came = r#"404 no such room from /rooms: {"asked":"attic"}"#;
        let payload = Some(r#"{"asked":"attic"}"#);
        for told in [
            told(move || _ = reply(payload).assert_status(200)),
            told(move || _ = reply(payload).assert_reason("OK")),
            told(move || _ = reply(payload).assert_path("/room")),
            told(move || _ = reply(payload).assert_text("attic")),
            told(move || _ = reply(payload).assert_contains("kitchen")),
            told(move || _ = reply(payload).assert_empty()),
            told(move || _ = reply(payload).assert_json(serde_json::json!({}))),
            told(move || _ = reply(payload).assert_json_at("/asked", "kitchen")),
        ] {
            assert!(told.contains(what_came), "{told}");
        }
        assert!(told(|| reply(Some("no JSON")).json()).contains("JSON was to be in 404 no such room"));
        assert_eq!(reply(None).to_string(), "404 no such room from /rooms, without a payload");
    }

    #[test]
    fn assertions_that_hold_can_be_chained() {
        let reply = reply(Some(r#"{"asked":["attic"]}"#));
        reply.assert_status(404).assert_reason("no such room").assert_contains("attic");
        reply.assert_path("/rooms").assert_json_at("/asked/0", "attic").assert_text(r#"{"asked":["attic"]}"#);
    }
}
