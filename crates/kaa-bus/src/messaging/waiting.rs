//! The calls that wait for replies, and which of them a message is for.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use bytes::Bytes;
use kaa_protocol::ByteString;
use kaa_protocol::ism::peek_correlation_id;
use kaa_protocol::subject::Subject;

use super::spent::Spent;
use super::take::{Take, Taken};
use crate::message::NoResponders;

#[derive(Default)]
pub(super) struct Waiting {
    /// Those that were sent, in the order in which they went out.
    sent: BTreeMap<u64, Call>,
    /// All of them; `None` for those that are still to be sent.
    by_id: HashMap<ByteString, Option<u64>>,
    last_sent: u64,
    /// The youngest call that was replied to. The server handles them in order, so all before it
    /// have found somebody, or have been told.
    last_served: u64,
    /// Where those went that were given up after it: a notice may still be about one of them.
    given_up: BTreeMap<u64, Subject>,
    /// For the correlation IDs that cannot be as they were wanted.
    last_number: u64,
    spent: Spent,
    /// While a message goes out, nobody can say which is the last one that did.
    sending: bool,
    held_back: Vec<NoResponders>,
    /// Messages for somebody else come to the same subject.
    shares_subject: bool,
    closed: bool,
}

/// A call, and the message that makes it.
pub(super) struct Call {
    pub(super) correlation_id: ByteString,
    /// Where the message goes.
    pub(super) subject: Subject,
    pub(super) taker: Box<dyn Take>,
}

/// Whom a message is for.
pub(super) enum Recipient {
    /// A call, which has taken it.
    Call,
    /// A call that found nobody.
    Unserved(Call),
    /// A call, but not any more.
    Late,
    /// No call that is known here.
    Stranger,
    /// It will turn out when the message that is going out has gone.
    Unclear,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("calls", &self.by_id.len()).finish_non_exhaustive()
    }
}

impl Waiting {
    /// How many calls that were given up are remembered for the sake of notices.
    const GIVEN_UP: usize = 1024;

    /// With messages for somebody else among the replies.
    pub(super) fn on_shared_subject() -> Self {
        Self { shares_subject: true, ..Self::default() }
    }

    /// How many calls wait, or are still to be sent.
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Takes a correlation ID for a call that is to be sent: this one, with a number behind it if a
    /// reply under it could be meant for somebody else.
    pub(super) fn claim(&mut self, wanted: &ByteString) -> ByteString {
        let is_used = |id: &ByteString| self.by_id.contains_key(id) || self.spent.contains(id);
        let mut id = wanted.clone();
        let mut is_taken = self.shares_subject || is_used(&id);
        while is_taken {
            self.last_number += 1;
            id = format!("{wanted}~~{:x}", self.last_number).into();
            is_taken = is_used(&id);
        }
        if !self.closed {
            self.by_id.insert(id.clone(), None);
        }
        id
    }

    /// Gives back the correlation ID of a call that was not sent.
    pub(super) fn disclaim(&mut self, call: &Call) {
        self.by_id.remove(&call.correlation_id);
    }

    /// A call goes out, behind all others.
    pub(super) fn begin(&mut self, call: Call) -> u64 {
        self.last_sent += 1;
        self.sending = true;
        // After the end nobody would deliver: dropping the taker tells the one who waits.
        if !self.closed {
            self.by_id.insert(call.correlation_id.clone(), Some(self.last_sent));
            self.sent.insert(self.last_sent, call);
        }
        self.last_sent
    }

    /// It has gone out.
    pub(super) fn end(&mut self) {
        self.sending = false;
    }

    /// It has not gone out, and is returned.
    pub(super) fn undo(&mut self, serial: u64) -> Option<Call> {
        self.sending = false;
        let call = self.sent.remove(&serial)?;
        self.by_id.insert(call.correlation_id.clone(), None);
        Some(call)
    }

    /// Decides what had to wait for a message to go out.
    pub(super) fn decide(&mut self) -> Vec<Recipient> {
        let held_back = std::mem::take(&mut self.held_back);
        held_back.iter().map(|notice| self.tell(notice)).collect()
    }

    /// Takes out a call that nobody waits for any more, if it is not over.
    pub(super) fn give_up(&mut self, serial: u64) -> Option<Call> {
        let call = self.finish(serial)?;
        if serial > self.last_served {
            self.given_up.insert(serial, call.subject.clone());
        }
        if self.given_up.len() > Self::GIVEN_UP {
            self.given_up.pop_first();
        }
        Some(call)
    }

    fn finish(&mut self, serial: u64) -> Option<Call> {
        let call = self.sent.remove(&serial)?;
        self.by_id.remove(&call.correlation_id);
        self.spent.insert(&call.correlation_id);
        Some(call)
    }

    /// Gives a reply to the call with its correlation ID.
    pub(super) fn take(&mut self, datum: &Bytes) -> Recipient {
        let Some(id) = peek_correlation_id(datum) else { return Recipient::Stranger };
        let serial = self.by_id.get(id).copied().flatten();
        let call = serial.and_then(|serial| Some((serial, self.sent.get_mut(&serial)?)));
        let Some((serial, call)) = call else {
            return if self.spent.contains(id) { Recipient::Late } else { Recipient::Stranger };
        };
        let taken = call.taker.take(datum);
        if serial > self.last_served {
            self.last_served = serial;
            self.given_up = self.given_up.split_off(&serial);
        }
        match taken {
            Taken::Last => drop(self.finish(serial)),
            Taken::Wanted => {}
            Taken::Unwanted => return Recipient::Late,
        }
        Recipient::Call
    }

    /// Finds the call that found nobody: of several to one subject the youngest, because those before
    /// it found somebody or have been told.
    pub(super) fn tell(&mut self, notice: &NoResponders) -> Recipient {
        if self.sending {
            // There cannot be more notices than calls.
            if self.held_back.len() >= self.sent.len() + self.given_up.len() {
                return Recipient::Stranger;
            }
            self.held_back.push(notice.clone());
            return Recipient::Unclear;
        }
        let Some(serial) = self.unserved(notice) else { return Recipient::Stranger };
        self.given_up.remove(&serial);
        self.finish(serial).map_or(Recipient::Late, Recipient::Unserved)
    }

    fn unserved(&self, notice: &NoResponders) -> Option<u64> {
        if notice.subject.is_some() {
            let open = self.sent.iter().rev().find(|(_, call)| notice.is_about(&call.subject));
            let given_up = self.given_up.iter().rev().find(|(_, subject)| notice.is_about(subject));
            let [open, given_up] = [open.map(|(serial, _)| *serial), given_up.map(|(serial, _)| *serial)];
            return open.max(given_up);
        }
        let mut youngest_first = self.sent.range(self.last_served + 1..).rev();
        let (serial, youngest) = youngest_first.next()?;
        let is_doubtful = self.shares_subject
            || !self.given_up.is_empty()
            || youngest_first.any(|(_, other)| other.subject != youngest.subject);
        // To guess would be to tell somebody that a service is gone which is at work.
        (!is_doubtful).then_some(*serial)
    }

    /// Ends all waiting, and returns those who did.
    pub(super) fn close(&mut self) -> BTreeMap<u64, Call> {
        self.closed = true;
        self.by_id.clear();
        std::mem::take(&mut self.sent)
    }
}
