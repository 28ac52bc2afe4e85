//! What other services know of an endpoint (15/EME of the configured sources).

use std::fmt;

use kaa_ext::prelude::*;
use kaa_ext::protocol::eme::MetadataUpdatedEvent;
use kaa_ext::protocol::epmp::{Metadata, MetadataKey, MetadataKeys};
use kaa_ext::protocol::json::{JsonPayload, RawJson};

use crate::change::Change;
use crate::editor::Editor;
use crate::store::Store;

/// Takes over what a source announces. A key whose value the event does not tell stays as it is.
///
/// One event is merged as a whole or not at all.
#[listener]
pub(crate) async fn updated(
    Event(event): Event<MetadataUpdatedEvent>,
    State(store): State<Store>,
    messaging: Messaging,
) -> Result<(), Failure> {
    let app_version = event.app_version_name.parse().map_err(|error| unusable(&error))?;
    let endpoint = event.endpoint_id.parse().map_err(|error| unusable(&error))?;
    Editor { app_version, endpoint, store, messaging }.make(merge(&event)?).await
}

fn merge(event: &MetadataUpdatedEvent) -> Result<Change, Failure> {
    let key = |name: &str| name.parse::<MetadataKey>().map_err(|error| unusable(&error));
    let mut set = Metadata::default();
    let mut take = |name: &str, value: Option<&str>| {
        let Some(value) = value else { return Ok(()) };
        set.0.insert(key(name)?, RawJson::from_json(value.as_bytes()).map_err(|error| unusable(&error))?);
        Ok::<_, Failure>(())
    };
    for (name, value) in event.added.iter() {
        take(name, value)?;
    }
    for (name, value) in event.updated.iter() {
        take(name, value.new_value.as_deref())?;
    }
    let remove = event.removed.keys().map(key).collect::<Result<_, _>>()?;
    Ok(Change::Merge { remove: MetadataKeys(remove), set })
}

fn unusable(error: &dyn fmt::Display) -> Failure {
    Failure::bad_request(format!("the 15/EME event cannot be merged: {error}"))
}
