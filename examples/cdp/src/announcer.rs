//! Tells the services that ask of new configurations, after they were stored.
//!
//! One task does, one change after the other, and reads for each endpoint what it has to use right before it tells:
//! a change that waits while others are announced is announced as what it has become. The replica that stored a
//! change announces it, so that it is announced once. Two replicas that announce changes of the same configuration
//! at the same moment may be heard in either order.
//!
//! An announcement is a hint and not kept: one that is lost with its replica is made up for when the endpoint asks
//! again.

use std::time::Duration;

use kaa_ext::bus::EventError;
use kaa_ext::prelude::*;
use kaa_ext::protocol::{cdtp, cmx2cdp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::changed::Changed;
use crate::configurations::{Configurations, Current};
use crate::place::Place;
use crate::provider;
use crate::settings::Protocol;
use crate::store::StoreError;

/// How long the end may take.
const GRACE: Duration = Duration::from_secs(5);

/// How many endpoints in a row may fail: what fails for all of them, the store or the bus, is away.
const FAILURES: usize = 16;

/// Where changes come out.
pub(crate) struct Announcer {
    pub(crate) configurations: Configurations,
    pub(crate) messaging: Messaging,
    pub(crate) protocol: Protocol,
}

/// The task, as long as it runs.
pub(crate) struct Announcing {
    changed: Changed,
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

impl Announcer {
    pub(crate) fn start(self, changed: Changed) -> Announcing {
        let (stop, mut stopped) = watch::channel(false);
        let changes = changed.clone();
        let task = tokio::spawn(async move {
            loop {
                let place = tokio::select! {
                    biased;
                    place = changes.next() => place,
                    _ = stopped.changed() => break,
                };
                if let Err(error) = self.announce(&place).await {
                    let key = place.key();
                    tracing::warn!(
                        key,
                        "a change is not announced to all, they hear of it when they ask: {error}"
                    );
                }
            }
        });
        Announcing { changed, stop, task }
    }

    async fn announce(&self, place: &Place) -> Result<(), AnnounceError> {
        if let Some(endpoint) = &place.endpoint {
            return self.tell_current(place, endpoint, |_| true).await;
        }
        let mut failures = 0;
        for slot in self.configurations.asker_slots().await? {
            let endpoints = match self.configurations.askers(&place.app_version, &slot).await {
                Ok(endpoints) => endpoints,
                Err(error) => {
                    failed(&mut failures, &slot, error.into())?;
                    continue;
                }
            };
            for endpoint in endpoints {
                let own = Place { endpoint: Some(endpoint.clone()), ..place.clone() };
                // Those with a configuration of their own do not get this one.
                match self.tell_current(&own, &endpoint, |current| !current.is_own).await {
                    Ok(()) => failures = 0,
                    Err(error) => failed(&mut failures, &own.key(), error)?,
                }
            }
        }
        Ok(())
    }

    /// Tells an endpoint what it has to use now, if that `is_meant`. It may be nothing, after a deletion: the events
    /// have no word for it.
    async fn tell_current(
        &self,
        own: &Place,
        endpoint: &EndpointId,
        is_meant: impl Fn(&Current) -> bool,
    ) -> Result<(), AnnounceError> {
        match self.configurations.effective(own).await?.filter(is_meant) {
            Some(current) => self.tell(own, endpoint, &current).await,
            None => Ok(()),
        }
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

/// Whoever is not told hears of it when it asks, and is no reason not to tell the others.
fn failed(failures: &mut usize, key: &str, error: AnnounceError) -> Result<(), AnnounceError> {
    *failures += 1;
    if *failures >= FAILURES {
        return Err(error);
    }
    tracing::warn!(key, "a change is not announced, it is heard of when the endpoint asks: {error}");
    Ok(())
}

impl Announcing {
    /// Announces what waits, and ends.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
            tracing::warn!(
                waiting = self.changed.len(),
                "not all changes could be announced within {GRACE:?}: the one that was being announced, and those \
                 that wait; endpoints hear of them when they ask"
            );
        }
    }
}
