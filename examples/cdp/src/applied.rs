//! What endpoints reported of their configurations.

use bytes::Bytes;
use kaa_ext::bus::kv::Entry;
use kaa_ext::prelude::*;
use serde::{Deserialize, Serialize};

use crate::configurations::{Configurations, Current};
use crate::names::MAX_NAMES;
use crate::place::{self, Place};
use crate::store::StoreError;

/// The longest reason of a report that is kept, in characters.
const MAX_REASON: usize = 512;

/// What an endpoint reported of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Applied {
    /// Which configuration it was.
    pub(crate) config_id: String,
    /// What the endpoint said of it, as an HTTP status code.
    pub(crate) status_code: i32,
    /// The same for a person to read.
    pub(crate) reason_phrase: Option<String>,
    /// When, in Unix milliseconds.
    pub(crate) reported_at: i64,
}

impl Configurations {
    /// Keeps what an endpoint reported, under the names of its configurations for which `is_meant` is true:
    /// a report itself names none. One that is older than what is kept of the same configuration changes nothing.
    pub(crate) async fn report(
        &self,
        app_version: &AppVersion,
        endpoint: &EndpointId,
        mut applied: Applied,
        is_meant: impl Fn(&Current) -> bool,
    ) -> Result<usize, StoreError> {
        if let Some(reason) = &mut applied.reason_phrase {
            *reason = reason.chars().take(MAX_REASON).collect();
        }
        let mut kept = 0;
        for name in self.names(app_version).await? {
            let place = Place { app_version: app_version.clone(), endpoint: Some(endpoint.clone()), name };
            let Some(current) = self.effective(&place).await?.filter(&is_meant) else { continue };
            let applied = Applied { config_id: current.configuration.id, ..applied.clone() };
            let newer = |entry: Option<&Entry>| Ok(newer(entry, &applied));
            self.change(&place::applied(app_version, endpoint, place.name()), newer).await?;
            kept += 1;
        }
        Ok(kept)
    }

    /// What an endpoint reported, by the name of the configuration.
    pub(crate) async fn applied(
        &self,
        app_version: &AppVersion,
        endpoint: &EndpointId,
    ) -> Result<Vec<(Option<ConfigName>, Applied)>, StoreError> {
        let prefix = place::applied(app_version, endpoint, "");
        let mut all = Vec::new();
        for key in self.store.keys(&prefix, None, MAX_NAMES).await? {
            let Some(entry) = self.store.get(&key).await? else { continue };
            let name = key.strip_prefix(&prefix).unwrap_or_default();
            let applied = serde_json::from_slice(&entry.value);
            let applied = applied.map_err(|_| StoreError::Foreign { key: key.clone() })?;
            all.push((name.parse().ok(), applied));
        }
        Ok(all)
    }
}

/// What is kept from now on; `None` when what is kept is newer. What was said of another configuration never is: a
/// device whose clock was ahead once would not be heard until then.
fn newer(entry: Option<&Entry>, applied: &Applied) -> Option<Bytes> {
    let known = entry.and_then(|entry| serde_json::from_slice::<Applied>(&entry.value).ok());
    let is_old = known
        .is_some_and(|known| known.config_id == applied.config_id && known.reported_at > applied.reported_at);
    // Strings and numbers: there is nothing in it that JSON cannot say.
    (!is_old).then(|| serde_json::to_vec(applied).unwrap_or_default().into())
}
