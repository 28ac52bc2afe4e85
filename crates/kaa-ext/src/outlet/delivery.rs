//! Answers and pushes on their way: to where they were to go, or to where somebody listens.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::trace::TraceContext;
use kaa_bus::{NoResponders, PublishError};
use kaa_protocol::subject::Subject;

use super::Outlet;
use super::return_paths::{Settled, Unserved, Went};

/// How often a full bus is asked again, and how long it may take to have room.
const TRIES: u32 = 5;
const ROOM: Duration = Duration::from_secs(1);

/// How long a note to ourselves is waited for. It takes one round trip.
const NOTE_TAKES: Duration = Duration::from_secs(1);

/// An answer or a push, ready to be published.
#[derive(Debug, Clone)]
pub(crate) struct Addressed {
    pub(super) subject: Subject,
    pub(super) pin: Option<Subject>,
    pub(super) datum: Bytes,
    /// Where it goes when nobody is at `subject`.
    pub(super) service_wide: Subject,
    pub(super) trace: Option<TraceContext>,
}

/// The bus has no room for an answer; nothing was sent.
#[derive(Debug)]
pub(crate) struct Full;

impl Outlet {
    pub(super) fn try_publish(&self, message: &Addressed) -> Result<(), PublishError> {
        self.settle(&self.return_paths.overflowing());
        let went = self.return_paths.send(message, &|message, to| self.hand_over(message, to))?;
        if went == Went::ServiceWide {
            self.tally.redirected();
        }
        Ok(())
    }

    /// The same, waiting for the bus to have room.
    ///
    /// A message is known to have been sent only when the bus has it, so every try is a whole one. A round
    /// trip stands in line with everything else that is to be sent: behind it there is room.
    pub(super) async fn publish(&self, message: &Addressed) -> Result<(), PublishError> {
        for _ in 0..TRIES {
            match self.try_publish(message) {
                Err(PublishError::Full { .. }) => {}
                done => return done,
            }
            // What is wrong with the connection is what the next try says.
            let _ = self.bus.fence(ROOM).await;
        }
        Err(PublishError::TimedOut { subject: message.subject.clone(), timeout: ROOM * TRIES })
    }

    fn hand_over(&self, message: &Addressed, to: &Subject) -> Result<(), PublishError> {
        let Addressed { pin, datum, trace, .. } = message.clone();
        self.bus.try_publish_traced(to.clone(), pin, datum, trace)
    }

    /// Learns that nobody listens to a return path: what was sent there goes to the communication
    /// service as a whole, and so does everything from now on.
    #[cold]
    pub(crate) fn unserved(self: &Arc<Self>, notice: &NoResponders) {
        match self.return_paths.unserved(notice) {
            Unserved::Unknown => self.tally.undeliverable(),
            Unserved::Counted => {}
            Unserved::First { return_path, own } => {
                tracing::debug!(%return_path, "nobody is there: what is sent there goes to all replicas");
                // One that cannot be published, or gets lost, is not waited for.
                let _ = self.bus.try_publish_traced(own, None, self.notes.write(&return_path), None);
                let outlet = Arc::downgrade(self);
                tokio::spawn(async move {
                    tokio::time::sleep(NOTE_TAKES).await;
                    if let Some(outlet) = outlet.upgrade() {
                        outlet.settle(&[return_path]);
                    }
                });
            }
        }
    }

    /// Whether this is a note to ourselves; then all notices about the return path in it are in.
    pub(crate) fn takes_note(&self, payload: &[u8]) -> bool {
        let Some(return_path) = self.notes.read(payload) else { return false };
        self.settle(&[return_path]);
        true
    }

    /// Sends what waits for notes that may not come any more.
    pub(crate) fn settle_all(&self) {
        self.settle(&self.return_paths.failing());
    }

    /// Sends again what was sent to these paths and found nobody. Once for each: a path that is settled
    /// has nothing left.
    fn settle(&self, return_paths: &[Subject]) {
        for return_path in return_paths {
            let publish = |message: &Addressed, to: &Subject| self.hand_over(message, to);
            let Settled { sent, lost } = self.return_paths.settle(return_path, &publish).unwrap_or_default();
            for _ in 0..sent {
                self.tally.redirected();
            }
            for _ in 0..lost {
                self.tally.undeliverable();
            }
            if lost > 0 {
                tracing::warn!(lost, %return_path, "answers found nobody, and could not be sent to all replicas");
            }
        }
    }

    /// Learns that a replica is there: a request came from it.
    pub(crate) fn is_back(&self, return_path: &Subject) {
        self.return_paths.is_back(return_path);
    }
}
