//! Answers: which one belongs to which waiting request.
//!
//! async-nats keeps the entry of every unanswered request for ever. Here the one who waits owns its
//! entry and takes it along, whether the answer came, the deadline passed or the future was dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_protocol::subject::{Inbox, Subject};
use tokio::sync::oneshot;

use crate::link::Link;
use crate::message::Message;

/// The waiting requests of one connection.
#[derive(Debug)]
pub(crate) struct Answers {
    inbox: Inbox,
    link: Arc<Link>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    last_slot: u64,
    slots: HashMap<u64, oneshot::Sender<Message>>,
    closed: bool,
}

impl Answers {
    pub(crate) fn new(inbox: Inbox, link: Arc<Link>) -> Self {
        Self { inbox, link, waiting: Mutex::default() }
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Opens a slot for one answer.
    pub(crate) fn expect(&self) -> Expected<'_> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        waiting.last_slot = waiting.last_slot.wrapping_add(1);
        let slot = waiting.last_slot;
        // After the close nobody would deliver: dropping the sender tells the one who waits.
        if !waiting.closed {
            waiting.slots.insert(slot, sender);
        }
        Expected { answers: self, slot, receiver }
    }

    pub(crate) fn deliver(&self, message: Message) {
        let slot = self.inbox.slot_of(&message.subject);
        let sender = slot.and_then(|slot| self.lock().slots.remove(&slot));
        let is_late = sender.is_none_or(|sender| sender.send(message).is_err());
        if is_late {
            self.link.counters.late_answers.increment();
        }
    }

    /// Ends all waiting.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let slots = std::mem::take(&mut waiting.slots);
        drop(waiting);
        drop(slots);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one answer.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    answers: &'a Answers,
    slot: u64,
    receiver: oneshot::Receiver<Message>,
}

impl Expected<'_> {
    /// Where the answer has to be sent.
    pub(crate) fn subject(&self) -> Subject {
        self.answers.inbox.slot(self.slot)
    }

    /// The answer; `None` when the bus was closed. Cancel safe.
    pub(crate) async fn answer(&mut self) -> Option<Message> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.answers.lock().slots.remove(&self.slot);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::link::Connection;

    fn answers() -> Answers {
        Answers::new(Inbox::new(1), Arc::new(Link::new(Connection::Connected)))
    }

    fn message(subject: Subject) -> Message {
        Message {
            subject: subject.into(),
            reply_to: None,
            payload: Bytes::new(),
            no_responders: None,
            trace: None,
        }
    }

    #[tokio::test]
    async fn every_answer_finds_the_one_who_waits_for_it() {
        let answers = answers();
        let (mut first, mut second) = (answers.expect(), answers.expect());
        answers.deliver(message(second.subject()));
        answers.deliver(message(first.subject()));
        assert_eq!(first.answer().await, Some(message(first.subject())));
        assert_eq!(second.answer().await, Some(message(second.subject())));
    }

    #[test]
    fn who_stops_waiting_leaves_nothing_behind() {
        let answers = answers();
        for _ in 0..1000 {
            drop(answers.expect());
        }
        assert!(answers.lock().slots.is_empty());
    }

    #[test]
    fn late_and_foreign_answers_are_counted() {
        let answers = answers();
        let expected = answers.expect();
        let subject = expected.subject();
        drop(expected);
        answers.deliver(message(subject));
        answers.deliver(message("_INBOX.1.x".parse().unwrap()));
        assert_eq!(answers.link.counters.snapshot().late_answers, 2);
    }

    #[tokio::test]
    async fn a_close_ends_all_waiting() {
        let answers = answers();
        let mut before = answers.expect();
        answers.close();
        let mut after = answers.expect();
        assert_eq!((before.answer().await, after.answer().await), (None, None));
    }
}
