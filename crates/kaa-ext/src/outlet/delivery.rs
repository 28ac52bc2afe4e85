//! Answers and pushes on their way: to where they were to go, or to where somebody listens.

use std::cell::OnceCell;

use bytes::Bytes;
use kaa_bus::{NoResponders, PublishError};
use kaa_protocol::subject::Subject;

use super::Outlet;
use super::return_paths::{Unserved, Went};

/// An answer or a push, ready to be published.
#[derive(Debug, Clone)]
pub(crate) struct Addressed {
    pub(super) subject: Subject,
    pub(super) pin: Option<Subject>,
    pub(super) datum: Bytes,
    /// Where it goes when nobody is at `subject`.
    pub(super) service_wide: Subject,
}

/// An answer the bus had no room for: it can be published as it is.
pub(crate) struct Full(pub(super) Box<Addressed>);

impl Outlet {
    pub(super) fn try_publish(&self, message: &Addressed) -> Result<(), PublishError> {
        self.settle(&self.return_paths.overdue());
        let went = self.return_paths.send(message, &|message, to| self.hand_over(message, to))?;
        self.note_redirection(&went);
        Ok(())
    }

    pub(super) async fn publish(&self, message: &Addressed) -> Result<(), PublishError> {
        match self.try_publish(message) {
            Err(PublishError::Full { .. }) => {}
            done => return done,
        }
        // The bus will have room in its own time; where the message goes is decided now.
        let Some(to) = self.destination(message) else { return Ok(()) };
        self.bus.publish(to, message.pin.clone(), message.datum.clone()).await
    }

    /// Where a message is to be published; `None` when it is held.
    fn destination(&self, message: &Addressed) -> Option<Subject> {
        let to = OnceCell::new();
        let went = self.return_paths.send(message, &|_, subject| to.set(subject.clone())).ok()?;
        self.note_redirection(&went);
        to.into_inner()
    }

    fn hand_over(&self, message: &Addressed, to: &Subject) -> Result<(), PublishError> {
        self.bus.try_publish(to.clone(), message.pin.clone(), message.datum.clone())
    }

    fn note_redirection(&self, went: &Went) {
        if *went == Went::ServiceWide {
            self.tally.redirected();
        }
    }

    /// Learns that nobody listens to a return path: what was sent there goes to the communication
    /// service as a whole, and so does everything from now on.
    #[cold]
    pub(crate) fn unserved(&self, notice: &NoResponders) {
        match self.return_paths.unserved(notice) {
            Unserved::Unknown => self.tally.undeliverable(),
            Unserved::Counted => {}
            Unserved::First { return_path, own } => {
                tracing::debug!(%return_path, "nobody is there: what is sent there goes to all replicas");
                let note = Bytes::copy_from_slice(return_path.as_str().as_bytes());
                // One that cannot be published, or gets lost, is overdue some time: the next message of
                // any kind sees to that.
                let _ = self.bus.try_publish(own, None, note);
            }
        }
    }

    /// Whether this is a note to ourselves; then all notices about a return path are in.
    pub(crate) fn takes_note(&self, note: &[u8]) -> bool {
        let Some(settled) = self.return_paths.settle(note, &|message, to| self.hand_over(message, to)) else {
            return false;
        };
        for _ in 0..settled.sent {
            self.tally.redirected();
        }
        for _ in 0..settled.lost {
            self.tally.undeliverable();
        }
        if settled.lost > 0 {
            tracing::warn!(
                lost = settled.lost,
                "answers found nobody, and could not be sent to all replicas"
            );
        }
        true
    }

    /// Sends what waits for notes that may not come any more.
    pub(crate) fn settle_all(&self) {
        self.settle(&self.return_paths.failing());
    }

    fn settle(&self, return_paths: &[Subject]) {
        for return_path in return_paths {
            self.takes_note(return_path.as_str().as_bytes());
        }
    }

    /// Learns that a replica is there: a request came from it.
    pub(crate) fn is_back(&self, return_path: &Subject) {
        self.return_paths.is_back(return_path);
    }
}
