//! When nothing is on its way any more.

use std::time::Duration;

use bytes::Bytes;
use kaa_protocol::subject::Subject;
use tokio::sync::oneshot;

use super::switchboard::{NOTE, PATIENCE, Switchboard, lock};

impl Switchboard {
    /// Waits until what was sent has come, what came is done with, and what was said of it has come back. No time
    /// is waited for: a round trip of both connections says that the extension has everything, its counters that it
    /// is done, and a note to oneself that the answers were in front of it.
    pub(super) async fn quiet(&self) {
        let quiet = async {
            // Looking again takes a moment of tokio's time, so that paused time can pass.
            let mut look = tokio::time::interval(Duration::from_millis(1));
            let mut before = None;
            loop {
                look.tick().await;
                self.round_trip().await;
                let counters = self.tally.snapshot();
                // Looked at twice: what the round trip brought is counted when the extension had its turn.
                if counters.in_flight() == 0 && before.replace(counters) == Some(counters) {
                    break;
                }
            }
            self.round_trip().await;
            for subject in self.heard_on() {
                self.note_to_oneself(subject).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, quiet).await;
        waited.unwrap_or_else(|_| panic!("the extension does not come to rest: {:?}", self.tally.snapshot()));
    }

    async fn round_trip(&self) {
        for bus in [&self.bus, &self.served_on, &self.bus] {
            bus.fence(PATIENCE).await.expect("the bus is there, and makes a round trip");
        }
    }

    /// Comes back behind everything that has come to this subject before.
    async fn note_to_oneself(&self, subject: Subject) {
        let note: Bytes = [NOTE, &self.bus.random().to_be_bytes()].concat().into();
        let (sender, back) = oneshot::channel();
        lock(&self.notes).insert(note.clone(), sender);
        self.bus.publish(subject, None, note).await.expect("the bus takes a note");
        back.await.expect("the communication service of the test listens");
    }
}
