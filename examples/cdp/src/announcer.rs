//! Tells the services that ask of new configurations, after they were stored.
//!
//! One task does, one change after the other, with what is current by then: what is announced never goes
//! back. The replica that stored a change announces it, so that it is announced once. An announcement is a
//! hint and not kept: one that is lost with its replica is made up for when the endpoint asks again.

use std::time::Duration;

use kaa_ext::bus::EventError;
use kaa_ext::prelude::*;
use kaa_ext::protocol::{cdtp, cmx2cdp};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::configurations::{Configurations, Current};
use crate::place::Place;
use crate::provider;
use crate::settings::Protocol;
use crate::store::StoreError;

/// How many changes may wait to be announced.
const WAITING: usize = 256;

/// How long the end may take.
const GRACE: Duration = Duration::from_secs(5);

/// Where changes are handed in.
#[derive(Debug, Clone)]
pub(crate) struct Changed(mpsc::Sender<Place>);

/// Where they come out.
pub(crate) struct Announcer {
    pub(crate) configurations: Configurations,
    pub(crate) messaging: Messaging,
    pub(crate) protocol: Protocol,
}

/// The task, as long as it runs.
pub(crate) struct Announcing {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

#[derive(Debug, thiserror::Error)]
enum AnnounceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Event(#[from] EventError),
}

pub(crate) fn changes() -> (Changed, mpsc::Receiver<Place>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Changed(sender), receiver)
}

impl Changed {
    /// What is stored there now is to be announced.
    pub(crate) fn tell(&self, place: Place) {
        if let Err(error) = self.0.try_send(place) {
            tracing::warn!("a change is not announced, endpoints hear of it when they ask: {error}");
        }
    }
}

impl Announcer {
    pub(crate) fn start(self, mut changes: mpsc::Receiver<Place>) -> Announcing {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                let place = tokio::select! {
                    biased;
                    place = changes.recv() => place,
                    _ = stopped.changed() => break,
                };
                let Some(place) = place else { break };
                if let Err(error) = self.announce(&place).await {
                    let key = place.key();
                    tracing::warn!(
                        key,
                        "a change is not announced to all, they hear of it when they ask: {error}"
                    );
                }
            }
        });
        Announcing { stop, task }
    }

    async fn announce(&self, place: &Place) -> Result<(), AnnounceError> {
        // After a deletion there may be nothing to announce: the events have no word for it.
        let Some(current) = self.configurations.effective(place).await? else { return Ok(()) };
        if let Some(endpoint) = &place.endpoint {
            return self.tell(place, endpoint, &current).await;
        }
        for slot in self.configurations.asker_slots().await? {
            for endpoint in self.configurations.askers(&place.app_version, &slot).await? {
                let own = Place { endpoint: Some(endpoint.clone()), ..place.clone() };
                // Those with a configuration of their own do not get this one.
                if self.configurations.get(&own).await?.is_none() {
                    self.tell(place, &endpoint, &current).await?;
                }
            }
        }
        Ok(())
    }

    async fn tell(
        &self,
        place: &Place,
        endpoint: &EndpointId,
        current: &Current,
    ) -> Result<(), AnnounceError> {
        let Current { configuration, .. } = current;
        if self.protocol.has_cdtp() {
            let event = cdtp::ConfigUpdated {
                app_version_name: place.app_version.as_str().into(),
                endpoint_id: endpoint.as_str().into(),
                config_id: configuration.id.as_str().into(),
                content_type: configuration.content_type.as_str().into(),
                content: configuration.content.clone(),
                ..cdtp::ConfigUpdated::default()
            };
            self.messaging.publish_event(&event).await?;
        }
        // Its configurations have no names.
        if self.protocol.has_cmx2cdp()
            && place.name.is_none()
            && let Some(config_version) = provider::version(current)
        {
            let event = cmx2cdp::NewAvailable {
                app_version_token: place.app_version.as_str().into(),
                endpoint_id: endpoint.as_str().into(),
                config_version,
                content_type: provider::format(&configuration.content_type).into(),
                content: configuration.content.clone(),
                ..cmx2cdp::NewAvailable::default()
            };
            self.messaging.publish_event(&event).await?;
        }
        Ok(())
    }
}

impl Announcing {
    /// Announces what waits, and ends.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
