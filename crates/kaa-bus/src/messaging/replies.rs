//! Replies: which one belongs to which waiting call.
//!
//! Whoever waits owns its entry and takes it along, whether the answer came, the deadline passed or
//! the future was dropped.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_protocol::ByteString;
use kaa_protocol::ism::peek_correlation_id;
use kaa_protocol::subject::{Subject, SubjectFilter};
use tokio::sync::OnceCell;

use crate::backend::{Sink, Source};
use crate::bus::Bus;
use crate::error::SubscribeError;
use crate::link::Link;
use crate::message::Message;

/// One who waits for replies.
pub(super) trait Take: Send {
    /// Takes a reply with the right correlation ID.
    fn take(&mut self, datum: &Bytes) -> Taken;

    /// Learns that nobody listens.
    fn nobody_listens(&mut self);
}

/// What became of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was waited for.
    Wanted,
    /// It was not: from a stranger, or the second one.
    Unwanted,
}

/// The waiting calls whose replies come to one subject.
#[derive(Debug)]
pub(crate) struct Replies {
    link: Arc<Link>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    calls: HashMap<ByteString, Call>,
    serial: u64,
    closed: bool,
}

struct Call {
    /// Where the message went.
    subject: Subject,
    /// In the order in which they were made.
    serial: u64,
    taker: Box<dyn Take>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl Replies {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, waiting: Mutex::default() }
    }

    /// Opens an entry under this correlation ID, with a number behind it if somebody has it already.
    pub(super) fn expect(
        &self,
        id: ByteString,
        subject: &Subject,
        taker: Box<dyn Take>,
    ) -> (ByteString, Expected<'_>) {
        let mut waiting = self.lock();
        waiting.serial += 1;
        let serial = waiting.serial;
        let id = if waiting.calls.contains_key(&id) { format!("{id}~~{serial:x}").into() } else { id };
        // After the end nobody would deliver: dropping the taker tells the one who waits.
        if !waiting.closed {
            waiting.calls.insert(id.clone(), Call { subject: subject.clone(), serial, taker });
        }
        (id.clone(), Expected { replies: self, id })
    }

    pub(crate) fn deliver(&self, message: &Message) {
        let mut waiting = self.lock();
        let taken = match &message.no_responders {
            Some(notice) => {
                // Of several calls to one subject, the youngest: those before it found somebody.
                let youngest = waiting
                    .calls
                    .values_mut()
                    .filter(|call| notice.is_about(&call.subject))
                    .max_by_key(|call| call.serial);
                youngest.map(|call| {
                    call.taker.nobody_listens();
                    Taken::Wanted
                })
            }
            None => {
                let id = peek_correlation_id(&message.payload);
                id.and_then(|id| waiting.calls.get_mut(id)).map(|call| call.taker.take(&message.payload))
            }
        };
        drop(waiting);
        if taken != Some(Taken::Wanted) {
            self.link.counters.late_answers.increment();
        }
    }

    /// Ends all waiting.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let calls = std::mem::take(&mut waiting.calls);
        drop(waiting);
        drop(calls);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to replies.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    replies: &'a Replies,
    id: ByteString,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let call = self.replies.lock().calls.remove(&self.id);
        drop(call);
    }
}

/// A subject that replies come to, subscribed when it is needed first.
#[derive(Debug)]
pub(super) struct Mailroom {
    subject: Subject,
    replies: Arc<Replies>,
    source: OnceCell<Source>,
}

impl Mailroom {
    pub(super) fn new(subject: Subject, link: Arc<Link>) -> Self {
        Self { subject, replies: Arc::new(Replies::new(link)), source: OnceCell::new() }
    }

    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(super) fn replies(&self) -> &Replies {
        &self.replies
    }

    /// Subscribes, once.
    pub(super) async fn open(&self, bus: &Bus) -> Result<(), SubscribeError> {
        let subscribe = || {
            let sink = Sink::Replies(Arc::clone(&self.replies));
            bus.attach(SubjectFilter::from(&self.subject), None, sink)
        };
        self.source.get_or_try_init(subscribe).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::cdtp::ConfigResponse;
    use kaa_protocol::ism::Message as _;

    use super::*;
    use crate::link::Connection;
    use crate::message::NoResponders;

    struct Log(Arc<Mutex<Vec<&'static str>>>);

    impl Take for Log {
        fn take(&mut self, _: &Bytes) -> Taken {
            self.0.lock().unwrap().push("reply");
            Taken::Wanted
        }

        fn nobody_listens(&mut self) {
            self.0.lock().unwrap().push("nobody");
        }
    }

    #[derive(Default)]
    struct Bench {
        logs: Vec<Arc<Mutex<Vec<&'static str>>>>,
    }

    impl Bench {
        fn call<'r>(&mut self, replies: &'r Replies, id: &str, subject: &str) -> (ByteString, Expected<'r>) {
            let log = Arc::new(Mutex::default());
            self.logs.push(Arc::clone(&log));
            replies.expect(id.into(), &subject.parse().unwrap(), Box::new(Log(log)))
        }

        fn heard(&self) -> Vec<Vec<&'static str>> {
            self.logs.iter().map(|log| log.lock().unwrap().clone()).collect()
        }
    }

    fn replies() -> Replies {
        Replies::new(Arc::new(Link::new(Connection::Connected)))
    }

    fn reply(id: &str) -> Message {
        let payload = ConfigResponse { correlation_id: id.into(), ..ConfigResponse::default() }.to_bytes();
        Message { subject: Bytes::new(), reply_to: None, payload, no_responders: None }
    }

    fn notice(subject: Option<&'static str>) -> Message {
        let no_responders = Some(NoResponders { subject: subject.map(Bytes::from) });
        Message { subject: Bytes::new(), reply_to: None, payload: Bytes::new(), no_responders }
    }

    #[test]
    fn every_reply_finds_the_call_with_its_correlation_id() {
        let (replies, mut bench) = (replies(), Bench::default());
        let _calls = [bench.call(&replies, "a", "s"), bench.call(&replies, "b", "s")];
        replies.deliver(&reply("b"));
        assert_eq!(bench.heard(), [vec![], vec!["reply"]]);
        replies.deliver(&reply("c"));
        replies.deliver(&Message { payload: Bytes::from_static(b"\x01"), ..reply("") });
        assert_eq!(replies.link.counters.snapshot().late_answers, 2);
    }

    #[test]
    fn a_correlation_id_in_use_gets_a_number() {
        let (replies, mut bench) = (replies(), Bench::default());
        let (first, _one) = bench.call(&replies, "a", "s");
        let (second, _other) = bench.call(&replies, "a", "s");
        assert_eq!((&*first, &*second), ("a", "a~~2"));
    }

    #[test]
    fn who_stops_waiting_leaves_nothing_behind() {
        let (replies, mut bench) = (replies(), Bench::default());
        for _ in 0..1000 {
            drop(bench.call(&replies, "a", "s"));
        }
        assert!(replies.lock().calls.is_empty());
        replies.deliver(&reply("a"));
        assert_eq!(replies.link.counters.snapshot().late_answers, 1);
    }

    #[test]
    fn a_notice_finds_the_youngest_call_to_its_subject() {
        let (replies, mut bench) = (replies(), Bench::default());
        let _calls = [
            bench.call(&replies, "a", "s"),
            bench.call(&replies, "b", "s"),
            bench.call(&replies, "c", "other"),
        ];
        replies.deliver(&notice(Some("s")));
        assert_eq!(bench.heard(), [vec![], vec!["nobody"], vec![]]);
        replies.deliver(&notice(Some("elsewhere")));
        assert_eq!(replies.link.counters.snapshot().late_answers, 1);
        // An older server does not say what it is about.
        replies.deliver(&notice(None));
        assert_eq!(bench.heard()[2], ["nobody"]);
    }
}
