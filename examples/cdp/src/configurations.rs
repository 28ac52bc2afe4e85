//! What the service knows: configurations, who has asked for them, and what became of them.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use kaa_ext::bus::kv::Entry;
use kaa_ext::prelude::*;
use serde::{Deserialize, Serialize};

use crate::askers::{self, Askers};
use crate::configuration::Configuration;
use crate::place::{self, Place};
use crate::store::{Store, StoreError};

/// How often a write without a condition is tried when others write at the same time.
const ATTEMPTS: usize = 16;

/// How many configurations of one application version or endpoint a report is compared with.
const MAX_NAMES: usize = 256;

/// The longest reason of a report that is kept, in characters.
const MAX_REASON: usize = 512;

/// Everything in the store, with the meaning it has. Clones share it.
#[derive(Clone)]
pub(crate) struct Configurations(Arc<dyn Store>);

/// A configuration with the write it is from.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) configuration: Configuration,
    pub(crate) revision: u64,
}

/// What has to be there for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Anything,
    Nothing,
    Something,
    OneOf(Vec<u64>),
}

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The condition does not hold.
    #[error("the configuration is not what If-Match or If-None-Match says; read it and decide again")]
    Precondition,
    #[error("there is no such configuration")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

impl Condition {
    fn holds(&self, revision: Option<u64>) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => revision.is_none(),
            Self::Something => revision.is_some(),
            Self::OneOf(revisions) => revision.is_some_and(|revision| revisions.contains(&revision)),
        }
    }
}

impl Configurations {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    pub(crate) async fn get(&self, place: &Place) -> Result<Option<Current>, StoreError> {
        let key = place.key();
        let entry = self.0.get(&key).await?;
        entry.map(|entry| current(&key, &entry)).transpose()
    }

    /// What an endpoint has to use: its own, or else that of its application version.
    pub(crate) async fn effective(&self, place: &Place) -> Result<Option<Current>, StoreError> {
        match self.get(place).await? {
            None if place.endpoint.is_some() => self.get(&place.of_all()).await,
            found => Ok(found),
        }
    }

    /// Returns the revision and whether there was nothing before. What is there already is not written again.
    pub(crate) async fn put(
        &self,
        place: &Place,
        configuration: &Configuration,
        condition: &Condition,
    ) -> Result<(u64, bool), WriteError> {
        let (key, value) = (place.key(), configuration.to_bytes());
        for _ in 0..ATTEMPTS {
            let entry = self.0.get(&key).await?;
            let revision = entry.as_ref().map(|entry| entry.revision);
            if !condition.holds(revision) {
                return Err(WriteError::Precondition);
            }
            if let Some(entry) = entry.filter(|entry| entry.value == value) {
                return Ok((entry.revision, false));
            }
            match self.0.put(&key, value.clone(), revision).await {
                Err(StoreError::Conflict) => {}
                written => return Ok((written?, revision.is_none())),
            }
        }
        Err(StoreError::Conflict.into())
    }

    pub(crate) async fn delete(&self, place: &Place, condition: &Condition) -> Result<(), WriteError> {
        let key = place.key();
        for _ in 0..ATTEMPTS {
            let revision = self.0.get(&key).await?.map(|entry| entry.revision);
            let revision = match revision {
                None if *condition == Condition::Anything => return Err(WriteError::Unknown),
                Some(revision) if condition.holds(Some(revision)) => revision,
                _ => return Err(WriteError::Precondition),
            };
            match self.0.delete(&key, revision).await {
                Err(StoreError::Conflict) => {}
                deleted => return Ok(deleted?),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Places after `after`, in the order of their keys.
    pub(crate) async fn list(
        &self,
        app_version: Option<&AppVersion>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Place>, StoreError> {
        let keys = self.0.keys(&Place::prefix_of_all(app_version), after, limit).await?;
        keys.into_iter().map(|key| Place::of(&key).ok_or(StoreError::Foreign { key })).collect()
    }

    /// Keeps that an endpoint has asked: it is to be told of changes of its application version.
    pub(crate) async fn remember(
        &self,
        app_version: &AppVersion,
        endpoint: &EndpointId,
    ) -> Result<(), StoreError> {
        let (slot, today) = (askers::key(app_version, endpoint), today());
        for _ in 0..ATTEMPTS {
            let entry = self.0.get(&slot).await?;
            let revision = entry.as_ref().map(|entry| entry.revision);
            let mut askers =
                entry.map_or_else(|| Ok(Askers::default()), |entry| read_askers(&slot, &entry))?;
            if !askers.note(app_version, endpoint, today) {
                return Ok(());
            }
            match self.0.put(&slot, askers.to_bytes(), revision).await {
                Err(StoreError::Conflict) => {}
                written => return written.map(drop),
            }
        }
        Err(StoreError::Conflict)
    }

    /// The slots of endpoints that have asked.
    pub(crate) async fn asker_slots(&self) -> Result<Vec<String>, StoreError> {
        self.0.keys(askers::PREFIX, None, askers::SLOTS.into()).await
    }

    /// The endpoints of an application version that have asked, of one slot.
    pub(crate) async fn askers(
        &self,
        app_version: &AppVersion,
        slot: &str,
    ) -> Result<Vec<EndpointId>, StoreError> {
        let Some(entry) = self.0.get(slot).await? else { return Ok(Vec::new()) };
        Ok(read_askers(slot, &entry)?.of(app_version).collect())
    }

    /// Keeps what an endpoint reported, under the names of its configurations for which `is_meant` is true:
    /// a report itself names none. One that is older than what is kept changes nothing.
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
        for name in self.names(app_version, endpoint).await? {
            let place = Place { app_version: app_version.clone(), endpoint: Some(endpoint.clone()), name };
            let Some(current) = self.effective(&place).await?.filter(&is_meant) else { continue };
            let applied = Applied { config_id: current.configuration.id, ..applied.clone() };
            self.keep(&place::applied(app_version, endpoint, place.name()), &applied).await?;
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
        for key in self.0.keys(&prefix, None, MAX_NAMES).await? {
            let Some(entry) = self.0.get(&key).await? else { continue };
            let name = key.strip_prefix(&prefix).unwrap_or_default();
            let applied = serde_json::from_slice(&entry.value);
            let applied = applied.map_err(|_| StoreError::Foreign { key: key.clone() })?;
            all.push((name.parse().ok(), applied));
        }
        Ok(all)
    }

    /// The names of all configurations an endpoint may ask for.
    async fn names(
        &self,
        app_version: &AppVersion,
        endpoint: &EndpointId,
    ) -> Result<Vec<Option<ConfigName>>, StoreError> {
        let mut names: Vec<Option<ConfigName>> = Vec::new();
        for endpoint in [None, Some(endpoint)] {
            let keys = self.0.keys(&Place::prefix(app_version, endpoint), None, MAX_NAMES).await?;
            for place in keys.iter().filter_map(|key| Place::of(key)) {
                if !names.contains(&place.name) {
                    names.push(place.name);
                }
            }
        }
        Ok(names)
    }

    async fn keep(&self, key: &str, applied: &Applied) -> Result<(), StoreError> {
        let value = Bytes::from(serde_json::to_vec(applied).unwrap_or_default());
        for _ in 0..ATTEMPTS {
            let entry = self.0.get(key).await?;
            let known: Option<Applied> =
                entry.as_ref().and_then(|entry| serde_json::from_slice(&entry.value).ok());
            if known.is_some_and(|known| known.reported_at > applied.reported_at) {
                return Ok(());
            }
            match self.0.put(key, value.clone(), entry.map(|entry| entry.revision)).await {
                Err(StoreError::Conflict) => {}
                written => return written.map(drop),
            }
        }
        Err(StoreError::Conflict)
    }
}

fn read_askers(slot: &str, entry: &Entry) -> Result<Askers, StoreError> {
    Askers::from_bytes(&entry.value).ok_or_else(|| StoreError::Foreign { key: slot.to_owned() })
}

/// The day, counted from 1970.
fn today() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs() / (24 * 60 * 60)
}

fn current(key: &str, entry: &Entry) -> Result<Current, StoreError> {
    let configuration = Configuration::from_bytes(&entry.value);
    let configuration = configuration.ok_or_else(|| StoreError::Foreign { key: key.to_owned() })?;
    Ok(Current { configuration, revision: entry.revision })
}
