//! What the tests of replies work with: calls that keep a log, and messages for them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use kaa_protocol::ByteString;
use kaa_protocol::cdtp::ConfigResponse;
use kaa_protocol::ism::Message as _;

use super::{Expected, Replies, Take};
use crate::error::PublishError;
use crate::link::{Connection, Link};
use crate::message::{Message, NoResponders};
use crate::messaging::take::Taken;

struct Log(Arc<Mutex<Vec<&'static str>>>, Taken);

impl Take for Log {
    fn take(&mut self, _: &Bytes) -> Taken {
        self.0.lock().unwrap().push("reply");
        self.1
    }

    fn nobody_listens(self: Box<Self>) {
        self.0.lock().unwrap().push("nobody");
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("over");
    }
}

/// What happens to the calls of a test, in the order in which they were made.
pub(super) struct Bench {
    pub(super) replies: Replies,
    logs: Mutex<Vec<Arc<Mutex<Vec<&'static str>>>>>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Replies::new)
    }

    pub(super) fn on_shared_subject() -> Self {
        Self::with(Replies::on_shared_subject)
    }

    fn with(replies: impl Fn(Arc<Link>) -> Replies) -> Self {
        let link = Arc::new(Link::new(Connection::Connected));
        Self { replies: replies(link), logs: Mutex::default() }
    }

    /// A call that wants one reply, and has been sent.
    pub(super) fn call(&self, id: &str, subject: &str) -> (ByteString, Expected<'_>) {
        self.call_for(Taken::Last, id, subject)
    }

    pub(super) fn call_for(&self, taken: Taken, id: &str, subject: &str) -> (ByteString, Expected<'_>) {
        let (id, mut draft) = self.draft_for(taken, id, subject);
        draft.send(|| Ok(())).unwrap();
        (id, draft)
    }

    /// A call that wants one reply, and is still to be sent.
    pub(super) fn draft(&self, id: &str, subject: &str) -> (ByteString, Expected<'_>) {
        self.draft_for(Taken::Last, id, subject)
    }

    fn draft_for(&self, taken: Taken, id: &str, subject: &str) -> (ByteString, Expected<'_>) {
        let log = Arc::new(Mutex::default());
        self.logs.lock().unwrap().push(Arc::clone(&log));
        self.replies.expect(&id.into(), &subject.parse().unwrap(), Box::new(Log(log, taken)))
    }

    pub(super) fn heard(&self) -> Vec<Vec<&'static str>> {
        self.logs.lock().unwrap().iter().map(|log| log.lock().unwrap().clone()).collect()
    }

    pub(super) fn late_answers(&self) -> u64 {
        self.replies.link.counters.snapshot().late_answers
    }
}

pub(super) fn reply(id: &str) -> Message {
    let payload = ConfigResponse { correlation_id: id.into(), ..ConfigResponse::default() }.to_bytes();
    Message { subject: "".into(), reply_to: None, payload, no_responders: None, trace: None }
}

pub(super) fn notice(subject: Option<&'static str>) -> Message {
    let no_responders = Some(Box::new(NoResponders { subject: subject.map(Bytes::from) }));
    Message { subject: "".into(), reply_to: None, payload: Bytes::new(), no_responders, trace: None }
}

/// What sending ends in when the queue is full.
pub(super) fn full() -> Result<(), PublishError> {
    Err(PublishError::Full { subject: "s".parse().unwrap() })
}
