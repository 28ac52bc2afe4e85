//! Which messages are shown, decided before they are decoded.

use std::sync::Arc;

use kaa_protocol::avro::Record;
use kaa_protocol::esp::ExtensionData;
use kaa_tap::wire::{Place, Role, Spec};
use kaa_tap::{Exchanges, Seen, Sources, Taken};
use tokio::time::Instant;

use crate::budget::Budget;
use crate::exchange::{Exchange, replica_of};
use crate::limits::PATIENCE;
use crate::room::Room;
use crate::sessions::{Pinned, Sessions};

/// Turns messages into exchanges.
#[derive(Debug)]
pub(crate) struct Flow {
    room: Arc<Room>,
    exchanges: Exchanges,
    budget: Budget,
    sessions: Sessions,
    /// How many messages have come too fast so far, and when that was seen to grow last.
    lost: u64,
    lost_at: Option<Instant>,
}

/// What a message may be, before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    /// It begins something: a request, an event, a push.
    Begins,
    /// It answers something.
    Answers,
    /// Only its content tells.
    Either,
}

impl Flow {
    pub(crate) fn new(room: Arc<Room>) -> Self {
        Self {
            room,
            exchanges: Exchanges::default(),
            budget: Budget::default(),
            sessions: Sessions::default(),
            lost: 0,
            lost_at: None,
        }
    }

    /// Takes a message; one at an inbox that answers nothing so far is put aside.
    pub(crate) fn take(&mut self, taken: Taken, sources: &mut Sources, now: Instant) {
        if taken.message.no_responders.is_some() {
            return;
        }
        if taken.is_at_inbox() {
            // An empty one is of a connection that sends itself a message.
            if self.expects(&taken) {
                self.answer(&taken, now);
            } else if !taken.message.payload.is_empty() && !self.exchanges.is_empty() {
                // Whatever else is asked at inboxes is no message of Kaa, and is not counted.
                let _ = sources.put_aside(taken, now);
            }
            return;
        }
        match self.guess(&taken) {
            Guess::Begins => self.begin(&taken, now),
            Guess::Answers => self.answer(&taken, now),
            Guess::Either => {
                let seen = Seen::new(0, taken.time, &taken.message, None);
                let answers = seen.decoded().is_some_and(|decoded| is_answer(decoded.spec));
                if answers { self.answer(&taken, now) } else { self.begin(&taken, now) }
            }
        }
    }

    /// What time has brought.
    pub(crate) fn due(&mut self, sources: &mut Sources, now: Instant) {
        while let Some(taken) = sources.due(now) {
            if self.expects(&taken) {
                self.answer(&taken, now);
            }
        }
        while let Some(open) = self.exchanges.expired(now) {
            // Where messages were lost, the answer may have been one of them.
            if self.lost_at.is_none_or(|lost| lost < open.at) {
                self.room.change(open.n, 0, |exchange| exchange.unanswered = true);
            }
        }
    }

    /// When there is something to look at.
    pub(crate) fn next_due(&self, sources: &Sources) -> Option<Instant> {
        sources.next_due().into_iter().chain(self.exchanges.next_deadline()).min()
    }

    /// A second is over, and so many messages have come too fast since the beginning.
    pub(crate) fn second(&mut self, lost: u64, now: Instant) {
        if lost > self.lost {
            self.budget.skip(lost - self.lost);
            (self.lost, self.lost_at) = (lost, Some(now));
        }
        self.room.skipped(self.budget.renew());
        if let Some(sessions) = self.sessions.changed() {
            self.room.sessions(sessions);
        }
    }

    /// What it may be, by its subject; of the most frequent answers, by one look inside.
    fn guess(&self, taken: &Taken) -> Guess {
        let subject = &*taken.message.subject;
        if subject.ends_with(b".esp.ClientData") || subject.starts_with(b"kaa.v1.events.") {
            return Guess::Begins;
        }
        if subject.ends_with(b".esp.ExtensionData") {
            let decoded = ExtensionData::decode(&taken.message.payload);
            let is_answer = decoded.is_ok_and(|decoded| decoded.record.request_id.is_some());
            return if is_answer { Guess::Answers } else { Guess::Begins };
        }
        let specs = Place::of(&String::from_utf8_lossy(subject)).specs();
        let answers = specs.iter().filter(|spec| is_answer(spec)).count();
        match answers {
            0 => Guess::Begins,
            answers if answers == specs.len() => Guess::Answers,
            _ => Guess::Either,
        }
    }

    fn expects(&self, taken: &Taken) -> bool {
        let inbox = std::str::from_utf8(&taken.message.subject);
        inbox.is_ok_and(|inbox| self.exchanges.expected_at(inbox).is_some())
    }

    fn begin(&mut self, taken: &Taken, now: Instant) {
        if !self.budget.begins(taken.message.payload.len()) {
            return self.budget.skip(1);
        }
        let seen = Seen::new(self.room.next_id(), taken.time, &taken.message, None);
        self.exchanges.ask(&seen, true, now, PATIENCE);
        let exchange = Exchange::of(&seen);
        if seen.decoded().is_some_and(|decoded| decoded.info.name == "DisconnectedEvent")
            && let Some(endpoint) = &exchange.endpoint
        {
            self.sessions.forget(endpoint);
        }
        self.room.begin(exchange);
    }

    fn answer(&mut self, taken: &Taken, now: Instant) {
        let is_shown = self.is_of_a_shown_one(taken) && self.budget.answers(taken.message.payload.len());
        if !is_shown || !self.settle(taken, now) {
            self.budget.skip(1);
        }
    }

    /// Whether it can be an answer to what is open. Only where that is cheap to say: the rest is decoded.
    fn is_of_a_shown_one(&self, taken: &Taken) -> bool {
        if !taken.message.subject.ends_with(b".esp.ExtensionData") {
            return !self.exchanges.is_empty();
        }
        let decoded = ExtensionData::decode(&taken.message.payload);
        decoded.is_ok_and(|decoded| self.exchanges.is_open("4/ESP", decoded.record.correlation_id))
    }

    /// Puts an answer beside its request. Says whether there was one.
    fn settle(&mut self, taken: &Taken, now: Instant) -> bool {
        let subject = std::str::from_utf8(&taken.message.subject).ok();
        let asked = subject.and_then(|subject| self.exchanges.expected_at(subject));
        let seen = Seen::new(0, taken.time, &taken.message, asked);
        let Some(answered) = self.exchanges.answer(&seen, now) else { return false };
        let pinned_to = seen.reply_to.as_deref().and_then(replica_of);
        let mut pinned = None;
        let is_kept = self.room.change(answered.n, 1, |exchange| {
            exchange.answer(&seen);
            if exchange.replica.is_none() {
                exchange.replica.clone_from(&pinned_to);
            }
            pinned = exchange.session(&seen);
        });
        if let Some((endpoint, service, since)) = pinned {
            match pinned_to {
                Some(replica) => self.sessions.pin(Pinned { endpoint, service, replica, since }),
                None => self.sessions.unpin(&endpoint, &service),
            }
        }
        is_kept
    }
}

fn is_answer(spec: &Spec) -> bool {
    matches!(spec.role, Role::Response | Role::Receipt)
}
