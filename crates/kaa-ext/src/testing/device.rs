//! A device of a test, and the requests it makes.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ClientData, Revision};
use kaa_protocol::subject::{Subject, Target};
use serde::Serialize;
use tokio::sync::mpsc;

use super::reply::TestReply;
use super::switchboard::{PATIENCE, Switchboard};

/// A device, as the extension under test knows it.
#[derive(Debug)]
pub struct Device {
    switchboard: Arc<Switchboard>,
    endpoint_id: Option<String>,
    /// Where an answer told us to send further requests, and after how many restarts of the communication service.
    pinned: Mutex<Option<(u64, Subject)>>,
    pushes: mpsc::Receiver<TestReply>,
}

impl Device {
    pub(super) fn new(
        switchboard: Arc<Switchboard>,
        endpoint_id: Option<String>,
        pushes: mpsc::Receiver<TestReply>,
    ) -> Self {
        Self { switchboard, endpoint_id, pinned: Mutex::default(), pushes }
    }

    /// A request with a request ID and without a payload; await it for the answer.
    pub fn request(&self, resource_path: impl Into<String>) -> TestRequest<'_> {
        let number = self.switchboard.number();
        TestRequest {
            device: self,
            correlation_id: format!("{}-{number}", self.endpoint_id.as_deref().unwrap_or("no-endpoint")),
            resource_path: resource_path.into(),
            app_version: "test-app-v1".to_owned(),
            request_id: Some(i32::try_from(number).unwrap_or_default()),
            payload: Bytes::new(),
            config_name: None,
            timestamp: self.switchboard.clock.millis(),
            timeout: 0,
            reply_to: Some(self.switchboard.return_path()),
            replica: None,
        }
    }

    /// The next message the device did not ask for.
    pub async fn next_push(&mut self) -> TestReply {
        let push = tokio::time::timeout(PATIENCE, self.pushes.recv()).await;
        let push = push.ok().flatten().unwrap_or_else(|| panic!("no push came to {self}"));
        if push.reply_to.is_some() {
            self.pin(push.reply_to.clone());
        }
        push
    }

    /// Whether requests of this device go to one replica of the extension.
    pub fn is_pinned(&self) -> bool {
        self.pinned().is_some()
    }

    /// Expects requests of this device to go to one replica of the extension.
    #[track_caller]
    pub fn assert_pinned(&self) -> &Self {
        assert!(self.is_pinned(), "{self} was to be pinned to a replica, and is not");
        self
    }

    /// Expects requests of this device to go to any replica of the extension.
    #[track_caller]
    pub fn assert_not_pinned(&self) -> &Self {
        let pinned = self.pinned();
        assert_eq!(pinned, None, "{self} was to be pinned to no replica");
        self
    }

    /// Expects that no push has come, and that none is on its way: everything that was sent before has been done.
    pub async fn assert_silence(&mut self) {
        self.switchboard.quiet().await;
        if let Ok(push) = self.pushes.try_recv() {
            panic!("{self} was to hear nothing, and got {push}");
        }
    }

    fn pinned(&self) -> Option<Subject> {
        let pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        pinned.filter(|(restarts, _)| *restarts == self.switchboard.restarts()).map(|(_, subject)| subject)
    }

    fn pin(&self, to: Option<Subject>) {
        let pinned = to.map(|subject| (self.switchboard.restarts(), subject));
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner) = pinned;
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint_id {
            Some(id) => write!(f, "the device {id}"),
            None => f.write_str("the device without an endpoint"),
        }
    }
}

/// A request a device is about to make.
#[derive(Debug)]
#[must_use = "a request is made when it is awaited or sent"]
pub struct TestRequest<'a> {
    device: &'a Device,
    correlation_id: String,
    resource_path: String,
    app_version: String,
    request_id: Option<i32>,
    payload: Bytes,
    config_name: Option<String>,
    timestamp: i64,
    timeout: i64,
    reply_to: Option<Subject>,
    /// The replica that is asked; that which the device is pinned to otherwise, or any.
    replica: Option<Subject>,
}

impl TestRequest<'_> {
    /// Sends this payload.
    pub fn payload(self, payload: impl Into<Bytes>) -> Self {
        Self { payload: payload.into(), ..self }
    }

    /// Sends this value as JSON.
    pub fn json<T: Serialize>(self, value: T) -> Self {
        self.payload(serde_json::to_vec(&value).expect("the value of a test can be JSON"))
    }

    /// Asks for no answer.
    pub fn without_request_id(self) -> Self {
        Self { request_id: None, ..self }
    }

    /// Asks with this request ID, whether it is one or not.
    pub fn request_id(self, id: i32) -> Self {
        Self { request_id: Some(id), ..self }
    }

    /// Names the application version.
    pub fn app_version(self, name: impl Into<String>) -> Self {
        Self { app_version: name.into(), ..self }
    }

    /// Names a configuration beside the path (the revision of 2026).
    pub fn config_name(self, name: impl Into<String>) -> Self {
        Self { config_name: Some(name.into()), ..self }
    }

    /// Lets the request expire after this time, which is rounded down to milliseconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX), ..self }
    }

    /// Sets the fields `timestamp` and `timeout` as they go over the wire, in milliseconds.
    pub fn times(self, timestamp: i64, timeout: i64) -> Self {
        Self { timestamp, timeout, ..self }
    }

    /// Lets the request have been made this long ago.
    pub fn made(self, ago: Duration) -> Self {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        Self { timestamp: self.timestamp.saturating_sub(ago), ..self }
    }

    /// Sets the return address; `None` leaves it out.
    pub fn reply_to(self, subject: Option<&str>) -> Self {
        Self { reply_to: subject.map(|text| text.parse().expect("a subject")), ..self }
    }

    /// Asks this replica of the extension, whether the device is pinned to it or not.
    pub fn to_replica(self, id: &str) -> Self {
        let replica = Target::Replica(id.parse().expect("a replica ID"));
        Self { replica: Some(Subject::from(&esp::client_data_subject(replica))), ..self }
    }

    /// The request as bytes on the wire.
    pub fn datum(&self) -> Bytes {
        let data = ClientData {
            correlation_id: &self.correlation_id,
            timestamp: self.timestamp,
            timeout: self.timeout,
            app_version_name: &self.app_version,
            endpoint_id: self.device.endpoint_id.as_deref(),
            resource_path: &self.resource_path,
            request_id: self.request_id,
            payload: &self.payload,
            config_name: self.config_name.as_deref(),
        };
        data.encode(Revision::Current).expect("every request fits the current revision")
    }

    /// Sends the request without waiting for an answer.
    pub async fn send(self) {
        let (subject, datum, bus) = (self.subject(), self.datum(), &self.device.switchboard.bus);
        bus.publish(subject, self.reply_to, datum).await.expect("the bus takes the request");
    }

    /// Sends the request, and expects that no answer comes: everything that was sent has been done, and nothing
    /// was said of this request.
    pub async fn assert_no_answer(self) {
        let (device, path, id) = (self.device, self.resource_path.clone(), self.correlation_id.clone());
        let mut answer = device.switchboard.expect(&id);
        self.send().await;
        device.switchboard.quiet().await;
        device.switchboard.forget(&id);
        if let Ok(answer) = answer.try_recv() {
            panic!("no answer was to come to {path} of {device}, and this did: {answer}");
        }
    }

    /// Sends the request twice, as a network that repeats messages does, and waits for the first answer.
    pub async fn twice(self) -> TestReply {
        let (bus, subject) = (self.device.switchboard.bus.clone(), self.subject());
        let (reply_to, datum) = (self.reply_to.clone(), self.datum());
        bus.publish(subject, reply_to, datum).await.expect("the bus takes the request");
        self.answer().await
    }

    /// Where the request goes.
    fn subject(&self) -> Subject {
        let replica = self.replica.clone().or_else(|| self.device.pinned());
        replica.unwrap_or_else(|| self.device.switchboard.service_wide.clone())
    }

    async fn answer(self) -> TestReply {
        let (device, path, id) = (self.device, self.resource_path.clone(), self.correlation_id.clone());
        let answer = device.switchboard.expect(&id);
        self.send().await;
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        device.switchboard.forget(&id);
        let answer = answer.ok().and_then(Result::ok).unwrap_or_else(|| panic!("no answer came to {path}"));
        device.pin(answer.reply_to.clone());
        answer
    }
}

impl<'a> IntoFuture for TestRequest<'a> {
    type Output = TestReply;
    type IntoFuture = Pin<Box<dyn Future<Output = TestReply> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.answer())
    }
}
