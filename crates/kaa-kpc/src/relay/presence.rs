//! Telling others which endpoints came and went (9/ELCE).
//!
//! An event counts as told when the server is known to have it. What it may not have got is kept and told
//! again, as far as it is still true: an endpoint that went and came back while the bus was away did neither, and
//! one that came and went only went.
//!
//! After an outage only that is told, and not which endpoints are connected in all. Who was away, and so
//! missed what other replicas had to say, cannot know which of its endpoints have moved to one of them; to
//! announce them anew would take them back. A service that has missed events learns of an endpoint with its
//! next request.

use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Connection, EventError};
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use tokio::time::sleep;

use super::core::Core;
use super::endpoints::{Announcement, Versions};

/// How many events are sent before the server has to confirm that it has them.
const AT_ONCE: usize = 64;

/// How long others get to come back when the bus was away: what is told before is lost to them. The longest
/// pause between two attempts to connect is half of it.
const AFTER_AN_OUTAGE: Duration = Duration::from_secs(1);

/// Tells what there is to tell, until the bus is closed.
pub(super) async fn announce(core: Arc<Core>) {
    let mut connection = core.bus().watch_connection();
    loop {
        core.news.notified().await;
        sleep(core.options.presence_delay).await;
        while !core.announce_all().await {
            let connected = connection.wait_for(|connection| *connection != Connection::Disconnected).await;
            if connected.is_ok_and(|connection| *connection == Connection::Connected) {
                sleep(AFTER_AN_OUTAGE).await;
                core.lock().endpoints.skip_who_went();
            } else {
                return;
            }
        }
    }
}

impl Core {
    /// Tells others which endpoints came and went. Whether the server has it all.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, what was being told is told again.
    pub(super) async fn announce_all(&self) -> bool {
        let _turn = self.announcing.lock().await;
        loop {
            let announcements = self.next_announcements();
            if announcements.is_empty() {
                return true;
            }
            let connects = self.bus().connects();
            let mut sent = 0;
            for announcement in &announcements {
                if self.tell(announcement).await.is_err() {
                    break;
                }
                sent += 1;
            }
            let has_arrived = sent == announcements.len() && self.barrier.pass(connects).await.is_ok();
            let mut state = self.lock();
            if has_arrived {
                state.endpoints.told();
            } else {
                announcements.iter().for_each(|_| self.tally.untold());
                state.endpoints.untold(sent);
                return false;
            }
        }
    }

    fn next_announcements(&self) -> Vec<Announcement> {
        let mut state = self.lock();
        let announcements = state.endpoints.tell(AT_ONCE);
        self.count_forgotten(state.endpoints.take_forgotten());
        announcements
    }

    async fn tell(&self, announcement: &Announcement) -> Result<(), EventError> {
        match announcement {
            Announcement::Connected(versions) => {
                let endpoints = pairs(versions).collect();
                let event = ConnectedEvent { endpoints, ..ConnectedEvent::default() };
                self.messaging.publish_event(&event).await
            }
            Announcement::Disconnected(versions) => {
                let endpoints = pairs(versions).collect();
                let event = DisconnectedEvent { endpoints, ..DisconnectedEvent::default() };
                self.messaging.publish_event(&event).await
            }
        }
    }

    /// Nobody will be told any more.
    pub(super) fn end_announcements(&self) {
        let mut state = self.lock();
        state.endpoints.forget();
        self.count_forgotten(state.endpoints.take_forgotten());
    }

    fn count_forgotten(&self, endpoints: u64) {
        (0..endpoints).for_each(|_| self.tally.unannounced());
    }
}

fn pairs(versions: &Versions) -> impl Iterator<Item = (&str, &str)> {
    versions.iter().map(|(endpoint, version)| (endpoint.as_str(), version.as_str()))
}
