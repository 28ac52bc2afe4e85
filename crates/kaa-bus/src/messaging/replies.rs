//! Replies: which one belongs to which waiting call.
//!
//! A call that has all its replies is over. Whoever waits owns its entry and takes it along, whether
//! the deadline passed or the future was dropped.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_protocol::ByteString;
use kaa_protocol::ism::peek_correlation_id;
use kaa_protocol::subject::Subject;

use crate::link::Link;
use crate::message::{Message, NoResponders};

/// One who waits for replies.
pub(super) trait Take: Send {
    /// Takes a reply with the right correlation ID.
    fn take(&mut self, datum: &Bytes) -> Taken;

    /// Learns that nobody listens, and that there will be no reply.
    fn nobody_listens(self: Box<Self>);
}

/// What became of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was waited for, and nothing else is.
    Last,
    /// It was waited for, and so are others.
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
    /// In the order in which they were made.
    calls: BTreeMap<u64, Call>,
    by_id: HashMap<ByteString, u64>,
    last_serial: u64,
    /// The youngest call that was replied to. The server handles them in order, so all before it
    /// have found somebody, or have been told.
    last_served: u64,
    last_given_up: u64,
    /// Hashes of the correlation IDs that were given up last: an answer to one may still come.
    given_up: VecDeque<u64>,
    hashes: RandomState,
    closed: bool,
}

struct Call {
    correlation_id: ByteString,
    /// Where the message went.
    subject: Subject,
    taker: Box<dyn Take>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl Waiting {
    /// How many correlation IDs that were given up are remembered.
    const REMEMBERED: usize = 1024;

    /// Whether a reply under this correlation ID could be meant for somebody else.
    fn is_used(&self, id: &ByteString) -> bool {
        self.by_id.contains_key(id) || self.given_up.contains(&self.hashes.hash_one(id))
    }

    /// Takes out a call that nobody waits for any more, if it is not over.
    fn give_up(&mut self, serial: u64) -> Option<Call> {
        let call = self.remove(serial)?;
        self.last_given_up = self.last_given_up.max(serial);
        if self.given_up.len() >= Self::REMEMBERED {
            self.given_up.pop_front();
        }
        self.given_up.push_back(self.hashes.hash_one(&call.correlation_id));
        Some(call)
    }

    fn next_serial(&mut self) -> u64 {
        self.last_serial += 1;
        self.last_serial
    }

    fn remove(&mut self, serial: u64) -> Option<Call> {
        let call = self.calls.remove(&serial)?;
        self.by_id.remove(&call.correlation_id);
        Some(call)
    }

    fn take(&mut self, datum: &Bytes) -> Taken {
        let serial = peek_correlation_id(datum).and_then(|id| self.by_id.get(id)).copied();
        let call = serial.and_then(|serial| Some((serial, self.calls.get_mut(&serial)?)));
        let Some((serial, call)) = call else { return Taken::Unwanted };
        let taken = call.taker.take(datum);
        self.last_served = self.last_served.max(serial);
        if taken == Taken::Last {
            self.remove(serial);
        }
        taken
    }

    /// The call that found nobody: of several to one subject the youngest, because those before it
    /// found somebody or have been told.
    fn unserved(&mut self, notice: &NoResponders) -> Option<Call> {
        let serial = match &notice.subject {
            Some(_) => *self.calls.iter().rev().find(|(_, call)| notice.is_about(&call.subject))?.0,
            None => {
                let mut youngest_first = self.calls.range(self.last_served + 1..).rev();
                let (serial, youngest) = youngest_first.next()?;
                let is_doubtful = self.last_given_up > self.last_served
                    || youngest_first.any(|(_, other)| other.subject != youngest.subject);
                // To guess would be to tell somebody that a service is gone which is at work.
                if is_doubtful {
                    return None;
                }
                *serial
            }
        };
        self.remove(serial)
    }
}

impl Replies {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, waiting: Mutex::default() }
    }

    /// Opens an entry under this correlation ID, with a number behind it if somebody has it already or
    /// gave it up not long ago.
    pub(super) fn expect(
        &self,
        wanted: &ByteString,
        subject: &Subject,
        taker: Box<dyn Take>,
    ) -> (ByteString, Expected<'_>) {
        let mut waiting = self.lock();
        let serial = waiting.next_serial();
        let (mut id, mut number) = (wanted.clone(), serial);
        while waiting.is_used(&id) {
            id = format!("{wanted}~~{number:x}").into();
            number = waiting.next_serial();
        }
        // After the end nobody would deliver: dropping the taker tells the one who waits.
        if !waiting.closed {
            waiting.by_id.insert(id.clone(), serial);
            let call = Call { correlation_id: id.clone(), subject: subject.clone(), taker };
            waiting.calls.insert(serial, call);
        }
        (id, Expected { replies: self, serial })
    }

    pub(crate) fn deliver(&self, message: &Message) {
        let is_late = match &message.no_responders {
            Some(notice) => {
                let unserved = self.lock().unserved(notice);
                unserved.map(|call| call.taker.nobody_listens()).is_none()
            }
            None => self.lock().take(&message.payload) == Taken::Unwanted,
        };
        if is_late {
            self.link.counters.late_answers.increment();
        }
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().calls.len()
    }

    /// Ends all waiting.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.by_id.clear();
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
    serial: u64,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let call = self.replies.lock().give_up(self.serial);
        drop(call);
    }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::cdtp::ConfigResponse;
    use kaa_protocol::ism::Message as _;

    use super::*;
    use crate::link::Connection;

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
    struct Bench {
        replies: Replies,
        logs: Mutex<Vec<Arc<Mutex<Vec<&'static str>>>>>,
    }

    impl Bench {
        fn new() -> Self {
            let link = Arc::new(Link::new(Connection::Connected));
            Self { replies: Replies::new(link), logs: Mutex::default() }
        }

        /// A call that wants one reply.
        fn call(&self, id: &str, subject: &str) -> (ByteString, Expected<'_>) {
            self.call_for(Taken::Last, id, subject)
        }

        fn call_for(&self, taken: Taken, id: &str, subject: &str) -> (ByteString, Expected<'_>) {
            let log = Arc::new(Mutex::default());
            self.logs.lock().unwrap().push(Arc::clone(&log));
            self.replies.expect(&id.into(), &subject.parse().unwrap(), Box::new(Log(log, taken)))
        }

        fn heard(&self) -> Vec<Vec<&'static str>> {
            self.logs.lock().unwrap().iter().map(|log| log.lock().unwrap().clone()).collect()
        }

        fn late_answers(&self) -> u64 {
            self.replies.link.counters.snapshot().late_answers
        }

        fn assert_empty(&self) {
            let waiting = self.replies.lock();
            assert!(waiting.calls.is_empty() && waiting.by_id.is_empty(), "{waiting:?}");
        }
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
        let bench = Bench::new();
        let _calls = [bench.call("a", "s"), bench.call("b", "s")];
        bench.replies.deliver(&reply("b"));
        assert_eq!(bench.heard(), [vec![], vec!["reply", "over"]]);
        bench.replies.deliver(&reply("c"));
        bench.replies.deliver(&Message { payload: Bytes::from_static(b"\x01"), ..reply("") });
        assert_eq!(bench.late_answers(), 2);
    }

    #[test]
    fn a_call_is_over_with_its_last_reply() {
        let bench = Bench::new();
        let _calls = [bench.call_for(Taken::Wanted, "a", "s"), bench.call("b", "s")];
        for id in ["a", "b", "a", "b"] {
            bench.replies.deliver(&reply(id));
        }
        assert_eq!(bench.heard(), [vec!["reply", "reply"], vec!["reply", "over"]]);
        assert_eq!(bench.late_answers(), 1);
    }

    #[test]
    fn a_correlation_id_in_use_gets_a_number() {
        let bench = Bench::new();
        let calls = ["a", "a~~2", "a", "a"].map(|id| bench.call(id, "s"));
        let ids = calls.each_ref().map(|(id, _)| &**id);
        assert_eq!(ids, ["a", "a~~2", "a~~3", "a~~5"]);
        for id in ids {
            bench.replies.deliver(&reply(id));
        }
        assert_eq!(bench.heard(), [["reply", "over"]; 4]);
    }

    #[test]
    fn who_stops_waiting_leaves_nothing_behind() {
        let bench = Bench::new();
        for _ in 0..1000 {
            drop(bench.call("a", "s"));
        }
        bench.assert_empty();
        bench.replies.deliver(&reply("a"));
        assert_eq!(bench.late_answers(), 1);
    }

    #[test]
    fn a_correlation_id_that_was_given_up_is_not_used_again_while_a_reply_may_come() {
        let bench = Bench::new();
        drop(bench.call("a", "s"));
        let (id, _next) = bench.call("a", "s");
        assert_eq!(id, "a~~2");
        bench.replies.deliver(&reply("a"));
        assert_eq!((&bench.heard()[1], bench.late_answers()), (&vec![], 1));
        for n in 0..2 * Waiting::REMEMBERED {
            drop(bench.call(&n.to_string(), "s"));
        }
        assert_eq!(bench.replies.lock().given_up.len(), Waiting::REMEMBERED);
        assert_eq!(bench.call("a", "s").0, "a");
    }

    #[test]
    fn who_stops_waiting_after_the_reply_takes_no_other_call_along() {
        let bench = Bench::new();
        let (_, first) = bench.call("a", "s");
        bench.replies.deliver(&reply("a"));
        let (id, _second) = bench.call("a", "s");
        assert_eq!(id, "a");
        drop(first);
        bench.replies.deliver(&reply("a"));
        assert_eq!(bench.heard(), [["reply", "over"]; 2]);
    }

    #[test]
    fn every_notice_finds_another_call_to_its_subject_the_youngest_first() {
        let bench = Bench::new();
        let _calls = [("a", "s"), ("b", "s"), ("c", "other")].map(|(id, subject)| bench.call(id, subject));
        bench.replies.deliver(&notice(Some("s")));
        assert_eq!(bench.heard(), [vec![], vec!["nobody", "over"], vec![]]);
        bench.replies.deliver(&notice(Some("s")));
        assert_eq!(bench.heard(), [vec!["nobody", "over"], vec!["nobody", "over"], vec![]]);
        bench.replies.deliver(&notice(Some("s")));
        assert_eq!((&bench.heard()[2], bench.late_answers()), (&vec![], 1));
    }

    #[test]
    fn a_notice_that_does_not_say_what_it_is_about_is_believed_when_there_is_no_doubt() {
        let bench = Bench::new();
        let _first = [bench.call("a", "s"), bench.call("b", "s")];
        bench.replies.deliver(&notice(None));
        assert_eq!(bench.heard(), [vec![], vec!["nobody", "over"]]);
        let _other = bench.call("c", "other");
        bench.replies.deliver(&notice(None));
        assert_eq!(bench.heard(), [vec![], vec!["nobody", "over"], vec![]]);
        assert_eq!(bench.late_answers(), 1);
        // The reply to a later call says that the earlier ones have found somebody.
        let _served = bench.call("d", "other");
        bench.replies.deliver(&reply("d"));
        let _unserved = bench.call("e", "s");
        bench.replies.deliver(&notice(None));
        assert_eq!(bench.heard()[4], ["nobody", "over"]);
        assert!(bench.heard()[0].is_empty() && bench.heard()[2].is_empty());
        bench.replies.deliver(&notice(None));
        assert_eq!(bench.late_answers(), 2);
        // It may be about a call that was given up, until a later one is served.
        drop(bench.call("f", "s"));
        let _other = [bench.call("g", "other"), bench.call("h", "other")];
        bench.replies.deliver(&notice(None));
        assert_eq!(bench.late_answers(), 3);
        bench.replies.deliver(&reply("g"));
        bench.replies.deliver(&notice(None));
        assert_eq!(bench.heard()[6..], [["reply", "over"], ["nobody", "over"]]);
    }

    #[test]
    fn a_close_ends_all_waiting_and_nobody_waits_after_it() {
        let bench = Bench::new();
        let _before = bench.call("a", "s");
        bench.replies.close();
        let _after = bench.call("b", "s");
        assert_eq!(bench.heard(), [["over"], ["over"]]);
        bench.assert_empty();
    }
}
