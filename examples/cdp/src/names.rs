//! Which names the configurations of an application version have: one entry of the store.
//!
//! A report of an endpoint names no configuration, so it is compared with those of all names. To look for them
//! among the keys, a store on JetStream goes through all that it has, which a roll-out to a fleet cannot wait for.

use std::collections::BTreeSet;

use kaa_ext::bus::kv::Entry;
use kaa_ext::prelude::*;

use crate::configurations::Configurations;
use crate::store::StoreError;

/// How many names of an application version are known, the one without among them. Names stay known when their
/// configurations are deleted.
pub(crate) const MAX_NAMES: usize = 256;

impl Configurations {
    /// Keeps that there is a configuration of this name, of the application version or one of its endpoints.
    pub(crate) async fn note_name(
        &self,
        app_version: &AppVersion,
        name: &ConfigName,
    ) -> Result<(), StoreError> {
        let key = key(app_version);
        let noted = |entry: Option<&Entry>| {
            let mut names = read(&key, entry)?;
            if names.len() + 1 >= MAX_NAMES && !names.contains(name.as_str()) {
                tracing::warn!(%app_version, %name, "reports of this configuration are not kept: there are {MAX_NAMES} others");
                return Ok(None);
            }
            let is_new = names.insert(name.to_string());
            // Strings: there is nothing in it that JSON cannot say.
            Ok(is_new.then(|| serde_json::to_vec(&names).unwrap_or_default().into()))
        };
        self.change(&key, noted).await
    }

    /// The names of all configurations that an endpoint of an application version may ask for, and perhaps of some
    /// that there were.
    pub(crate) async fn names(
        &self,
        app_version: &AppVersion,
    ) -> Result<Vec<Option<ConfigName>>, StoreError> {
        let key = key(app_version);
        let names = read(&key, self.store.get(&key).await?.as_ref())?;
        let names = names.iter().filter_map(|name| name.parse().ok());
        Ok(std::iter::once(None).chain(names.map(Some)).collect())
    }
}

fn key(app_version: &AppVersion) -> String {
    format!("names/{app_version}")
}

fn read(key: &str, entry: Option<&Entry>) -> Result<BTreeSet<String>, StoreError> {
    let Some(entry) = entry else { return Ok(BTreeSet::new()) };
    serde_json::from_slice(&entry.value).map_err(|_| StoreError::Foreign { key: key.to_owned() })
}
