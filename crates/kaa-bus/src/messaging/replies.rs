//! Replies: from the subscription they come in by to the call each of them belongs to.
//!
//! A call that has all its replies is over. Whoever waits owns its entry and takes it along, whether
//! the deadline passed or the future was dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_protocol::ByteString;
use kaa_protocol::subject::Subject;

use super::take::Take;
use super::waiting::{Call, Recipient, Waiting};
use crate::backend::Receive;
use crate::bus::Bus;
use crate::error::PublishError;
use crate::link::Link;
use crate::message::{Message, Outgoing};

#[cfg(test)]
mod bench;
#[cfg(test)]
mod tests;

/// The waiting calls whose replies come to one subject.
#[derive(Debug)]
pub(super) struct Replies {
    link: Arc<Link>,
    waiting: Mutex<Waiting>,
    /// Held by the one whose message goes out, so that calls are known in the order of the wire. Not
    /// the lock of `waiting`: inside the process a notice comes before publishing is over.
    turn: Mutex<()>,
}

impl Replies {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link, waiting: Mutex::default(), turn: Mutex::default() }
    }

    /// Those that come to a subject where messages for somebody else do, too. No correlation ID is
    /// left as it was wanted then: it may be that of a message to the other one.
    pub(super) fn on_shared_subject(link: Arc<Link>) -> Self {
        Self { waiting: Mutex::new(Waiting::on_shared_subject()), ..Self::new(link) }
    }

    /// Opens an entry under this correlation ID, with a number behind it if somebody has it already or
    /// had it not long ago.
    pub(super) fn expect(
        &self,
        wanted: &ByteString,
        subject: &Subject,
        taker: Box<dyn Take>,
    ) -> (ByteString, Expected<'_>) {
        let correlation_id = self.lock().claim(wanted);
        let draft = Some(Call { correlation_id: correlation_id.clone(), subject: subject.clone(), taker });
        (correlation_id, Expected { replies: self, draft, serial: 0 })
    }

    /// Takes a message of the subscription, which is there for replies alone.
    pub(crate) fn deliver(&self, message: &Message) {
        let recipient = match &message.no_responders {
            Some(notice) => self.lock().tell(notice),
            None => self.lock().take(&message.payload),
        };
        self.pass_on_or_count(recipient);
    }

    /// Takes a message if it is for a call, and says whether it was.
    pub(super) fn offer(&self, message: &Message) -> bool {
        let recipient = match &message.no_responders {
            Some(notice) => {
                // With nothing going out it is clear at once.
                let _turn = self.turn();
                self.lock().tell(notice)
            }
            None => self.lock().take(&message.payload),
        };
        self.pass_on(recipient)
    }

    fn pass_on_or_count(&self, recipient: Recipient) {
        if !self.pass_on(recipient) {
            self.link.counters.late_answers.increment();
        }
    }

    /// Says whether it was for a call.
    fn pass_on(&self, recipient: Recipient) -> bool {
        match recipient {
            Recipient::Call | Recipient::Unclear => {}
            Recipient::Unserved(call) => call.taker.nobody_listens(),
            Recipient::Late => self.link.counters.late_answers.increment(),
            Recipient::Stranger => return false,
        }
        true
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Ends all waiting.
    pub(crate) fn close(&self) {
        let calls = self.lock().close();
        drop(calls);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receive for Replies {
    fn receive(&self, message: &Message) {
        self.deliver(message);
    }

    fn end(&self) {
        self.close();
    }
}

/// The right to replies.
pub(super) struct Expected<'a> {
    replies: &'a Replies,
    /// Until the message has gone out.
    draft: Option<Call>,
    /// Which one it was; 0 before that.
    serial: u64,
}

impl Expected<'_> {
    /// Publishes the message that is replied to.
    pub(super) async fn publish(&mut self, bus: &Bus, message: Outgoing) -> Result<(), PublishError> {
        bus.publish_by(message, |attempt| self.send(|| attempt.make())).await
    }

    /// Sends the message between those of other calls. An error says that it has not gone out.
    fn send<T>(&mut self, publish: impl FnOnce() -> Result<T, PublishError>) -> Result<T, PublishError> {
        let turn = self.replies.turn();
        if let Some(call) = self.draft.take() {
            self.serial = self.replies.lock().begin(call);
        }
        let sent = publish();
        let mut waiting = self.replies.lock();
        match &sent {
            Ok(_) => waiting.end(),
            Err(_) => self.draft = waiting.undo(self.serial),
        }
        let decided = waiting.decide();
        drop((waiting, turn));
        for recipient in decided {
            self.replies.pass_on_or_count(recipient);
        }
        sent
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut waiting = self.replies.lock();
        let call = match self.draft.take() {
            Some(draft) => {
                waiting.disclaim(&draft);
                Some(draft)
            }
            None => waiting.give_up(self.serial),
        };
        drop(waiting);
        drop(call);
    }
}
