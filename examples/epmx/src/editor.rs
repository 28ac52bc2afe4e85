//! Changing the metadata of an endpoint, and telling others (15/EME).

use kaa_ext::prelude::*;
use kaa_ext::protocol::eme::{MetadataKeyUpdatedDto, MetadataUpdatedEvent};

use crate::change::{Change, Difference};
use crate::store::Store;

/// Changes the metadata of one endpoint. As an argument, of the one that asks.
pub(crate) struct Editor {
    pub(crate) app_version: AppVersion,
    pub(crate) endpoint: EndpointId,
    pub(crate) store: Store,
    pub(crate) messaging: Messaging,
}

impl FromRequest<Store> for Editor {
    type Rejection = Failure;

    async fn from_request(request: &Request, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            app_version: AppVersion::from_request(request, store).await?,
            endpoint: EndpointId::from_request(request, store).await?,
            store: store.clone(),
            messaging: Messaging::from_request(request, store).await?,
        })
    }
}

impl Editor {
    /// Makes a change, and tells others when it is durable: each key under what became of it. Of a change that
    /// changed nothing, nobody hears.
    ///
    /// # Errors
    ///
    /// A [`Failure`] when nothing was stored. An event that the bus does not take is no such error: what it is about
    /// is stored, and a device that wrote it again would change nothing.
    pub(crate) async fn make(self, change: Change) -> Result<(), Failure> {
        let Self { app_version, endpoint, store, messaging } = self;
        let difference = store.change(endpoint.clone(), change).await??;
        if difference.is_empty() {
            return Ok(());
        }
        let event = event(app_version, &endpoint, &difference);
        if let Err(error) = messaging.publish_event(&event).await {
            tracing::warn!(%endpoint, %error, "metadata is stored, but its event was not sent; those who listen to 15/EME miss this change");
        }
        Ok(())
    }
}

fn event(app_version: AppVersion, endpoint: &EndpointId, difference: &Difference) -> MetadataUpdatedEvent {
    let Difference { removed, added, updated } = difference;
    let updated = updated.iter().map(|(key, (was, is))| {
        let (old_value, new_value) = (Some(was.as_str().into()), Some(is.as_str().into()));
        (key.as_str(), MetadataKeyUpdatedDto { new_value, old_value })
    });
    MetadataUpdatedEvent {
        app_version_name: app_version.into(),
        endpoint_id: endpoint.into(),
        removed: removed.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()))).collect(),
        added: added.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()))).collect(),
        updated: updated.collect(),
        ..MetadataUpdatedEvent::default()
    }
}
