//! What devices ask and write (10/EPMP).

use kaa_ext::prelude::*;
use kaa_ext::protocol::epmp::{DeleteKeysRequest, GetRequest, Metadata, MetadataKeys, UpdateRequest};

use crate::change::Change;
use crate::editor::Editor;
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
#[resource("/update", state = Store)]
pub(crate) async fn update(
    editor: Editor,
    DeviceJson(request): DeviceJson<UpdateRequest>,
) -> Result<(), Failure> {
    editor.make(Change::Replace(request.into_inner())).await
}

/// Sets some keys.
#[resource("/update/keys", state = Store)]
pub(crate) async fn update_keys(
    editor: Editor,
    DeviceJson(request): DeviceJson<UpdateRequest>,
) -> Result<(), Failure> {
    editor.make(Change::Merge { remove: MetadataKeys::default(), set: request.into_inner() }).await
}

/// Removes some keys; one that is not there is none to remove.
#[resource("/delete/keys", state = Store)]
pub(crate) async fn delete_keys(
    editor: Editor,
    DeviceJson(request): DeviceJson<DeleteKeysRequest>,
) -> Result<(), Failure> {
    editor.make(Change::Merge { remove: request.into_inner(), set: Metadata::default() }).await
}
