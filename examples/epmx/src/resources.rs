//! What devices ask and write (10/EPMP).

use kaa_ext::prelude::*;
use kaa_ext::protocol::epmp::{DeleteKeysRequest, GetRequest, Metadata, MetadataKeys, UpdateRequest};

use crate::announcement;
use crate::change::Change;
use crate::store::Store;

/// Which keys there are.
#[resource("/get/keys")]
pub(crate) async fn keys(
    endpoint: EndpointId,
    State(store): State<Store>,
) -> Result<DeviceJson<MetadataKeys>, Failure> {
    let metadata = store.read(endpoint).await?;
    Ok(DeviceJson(MetadataKeys(metadata.0.into_keys().collect())))
}

/// All metadata, or that of some keys; a key that is not there is left out.
#[resource("/get")]
pub(crate) async fn get(
    endpoint: EndpointId,
    DeviceJson(request): DeviceJson<GetRequest>,
    State(store): State<Store>,
) -> Result<DeviceJson<Metadata>, Failure> {
    let mut metadata = store.read(endpoint).await?;
    if let Some(wanted) = request.keys {
        metadata.0.retain(|key, _| wanted.0.contains(key));
    }
    Ok(DeviceJson(metadata))
}

/// Replaces all metadata.
#[resource("/update")]
pub(crate) async fn update(
    app_version: AppVersion,
    endpoint: EndpointId,
    DeviceJson(request): DeviceJson<UpdateRequest>,
    State(store): State<Store>,
    messaging: Messaging,
) -> Result<(), Failure> {
    let change = Change::Replace(request.into_inner());
    announcement::change(&store, &messaging, app_version, endpoint, change).await
}

/// Sets some keys.
#[resource("/update/keys")]
pub(crate) async fn update_keys(
    app_version: AppVersion,
    endpoint: EndpointId,
    DeviceJson(request): DeviceJson<UpdateRequest>,
    State(store): State<Store>,
    messaging: Messaging,
) -> Result<(), Failure> {
    let change = Change::Merge { remove: MetadataKeys::default(), set: request.into_inner() };
    announcement::change(&store, &messaging, app_version, endpoint, change).await
}

/// Removes some keys; one that is not there is none to remove.
#[resource("/delete/keys")]
pub(crate) async fn delete_keys(
    app_version: AppVersion,
    endpoint: EndpointId,
    DeviceJson(request): DeviceJson<DeleteKeysRequest>,
    State(store): State<Store>,
    messaging: Messaging,
) -> Result<(), Failure> {
    let change = Change::Merge { remove: request.into_inner(), set: Metadata::default() };
    announcement::change(&store, &messaging, app_version, endpoint, change).await
}
