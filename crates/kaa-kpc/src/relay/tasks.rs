//! What a relay does by itself: listen, watch the clock, tell others about endpoints.

use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Delivery, Events, SubscribeError, Subscription};
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_protocol::subject::SubjectFilter;
use tokio::task::AbortHandle;

use super::core::Core;
use super::delivery::Refusal;
use super::endpoints::{Announcement, Versions};
use super::incoming::Subscribed;

/// The tasks of a relay. Dropping them ends it.
#[derive(Debug)]
pub(super) struct Tasks {
    core: Arc<Core>,
    tasks: [AbortHandle; 3],
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end();
    }
}

impl Tasks {
    pub(super) async fn start(core: &Arc<Core>) -> Result<Self, SubscribeError> {
        let (bus, instance) = (core.bus(), &core.options.instance);
        let ears = Ears {
            // First of all: the server sends its notices to the first subscription that fits.
            alone: bus.subscribe(SubjectFilter::from(&core.own_subject), None).await?,
            together: bus.subscribe(SubjectFilter::from(&core.service_subject), None).await?,
            connected: core.messaging.listen(Some(instance), Delivery::EveryReplica).await?,
        };
        let tasks = [
            tokio::spawn(listen(Arc::clone(core), ears)).abort_handle(),
            tokio::spawn(watch_the_clock(Arc::clone(core))).abort_handle(),
            tokio::spawn(announce(Arc::clone(core))).abort_handle(),
        ];
        Ok(Self { core: Arc::clone(core), tasks })
    }

    /// Takes no request from now on, and nobody waits any more.
    pub(super) fn end(&self) {
        self.core.lock().is_stopping = true;
        self.core.refuse_all(&Refusal::Stopping);
        for task in &self.tasks {
            task.abort();
        }
    }
}

struct Ears {
    alone: Subscription,
    together: Subscription,
    connected: Events<ConnectedEvent>,
}

async fn listen(core: Arc<Core>, mut ears: Ears) {
    loop {
        tokio::select! {
            message = ears.alone.next() => match message {
                Some(message) => core.take_in(&message, Subscribed::Alone),
                None => break,
            },
            message = ears.together.next() => match message {
                Some(message) => core.take_in(&message, Subscribed::Together),
                None => break,
            },
            event = ears.connected.next() => match event {
                Some(Ok(event)) => core.hear(&event),
                Some(Err(_)) => core.tally.malformed(),
                None => break,
            },
        }
    }
    // The bus was closed: no answer can come.
    core.refuse_all(&Refusal::BusAway);
}

async fn watch_the_clock(core: Arc<Core>) {
    loop {
        match core.expire() {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => core.clock.notified().await,
        }
    }
}

async fn announce(core: Arc<Core>) {
    loop {
        core.news.notified().await;
        tokio::time::sleep(core.options.presence_delay).await;
        core.announce_all().await;
    }
}

impl Core {
    /// Tells others which endpoints came and went.
    pub(super) async fn announce_all(&self) {
        let _turn = self.announcing.lock().await;
        while let Some(announcement) = self.next_announcement() {
            let published = match &announcement {
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
            };
            if published.is_err() {
                self.tally.unannounced();
                self.no_echo(&announcement);
            }
        }
    }

    fn next_announcement(&self) -> Option<Announcement> {
        self.lock().endpoints.next_announcement()
    }

    /// An event that was not sent does not come back.
    fn no_echo(&self, announcement: &Announcement) {
        if let Announcement::Connected(versions) = announcement {
            let mut state = self.lock();
            for endpoint in versions.keys() {
                state.endpoints.echoed(endpoint.as_str());
            }
        }
    }

    /// Waits until no request with a request ID waits any more, but no longer than this.
    pub(super) async fn settled(&self, grace: Duration) {
        let settled = async {
            while self.lock().pending.asked() > 0 {
                self.idle.notified().await;
            }
        };
        // Who still waits then is told so.
        let _ = tokio::time::timeout(grace, settled).await;
    }
}

fn pairs(versions: &Versions) -> impl Iterator<Item = (&str, &str)> {
    versions.iter().map(|(endpoint, version)| (endpoint.as_str(), version.as_str()))
}
