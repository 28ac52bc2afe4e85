//! What the service knows: configurations, and who has asked for them.

use std::sync::Arc;

use bytes::Bytes;
use kaa_ext::bus::Clock;
use kaa_ext::bus::kv::Entry;
use kaa_ext::prelude::*;

use crate::askers::{self, Askers};
use crate::configuration::Configuration;
use crate::place::Place;
use crate::store::{Store, StoreError};

/// How often a write without a condition is tried when others write at the same time.
const ATTEMPTS: usize = 16;

/// Everything in the store, with the meaning it has. Clones share it.
#[derive(Clone)]
pub(crate) struct Configurations {
    pub(crate) store: Arc<dyn Store>,
    /// Whether revisions are told to others, as the versions of 5/CMX2CDP.
    is_versioned: bool,
}

/// A configuration with the write it is from.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) configuration: Configuration,
    pub(crate) revision: u64,
    /// Whether it is of an endpoint and not of its application version.
    pub(crate) is_own: bool,
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
    pub(crate) fn new(store: Arc<dyn Store>, is_versioned: bool) -> Self {
        Self { store, is_versioned }
    }

    pub(crate) async fn get(&self, place: &Place) -> Result<Option<Current>, StoreError> {
        let key = place.key();
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        let configuration = Configuration::from_bytes(&entry.value).ok_or(StoreError::Foreign { key })?;
        Ok(Some(Current { configuration, revision: entry.revision, is_own: place.endpoint.is_some() }))
    }

    /// What an endpoint has to use: its own, or else that of its application version. Its revision only grows for an
    /// endpoint: what holds again since its own was deleted has that of the deletion.
    pub(crate) async fn effective(&self, place: &Place) -> Result<Option<Current>, StoreError> {
        let own = self.get(place).await?;
        let Some(deletion) = place.deletion().filter(|_| own.is_none()) else { return Ok(own) };
        let Some(mut of_all) = self.get(&place.of_all()).await? else { return Ok(None) };
        // Only versions have an order, so nobody else asks for it.
        if self.is_versioned
            && let Some(deletion) = self.store.get(&deletion).await?
        {
            of_all.revision = of_all.revision.max(deletion.revision);
        }
        Ok(Some(of_all))
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
            let entry = self.store.get(&key).await?;
            let revision = entry.as_ref().map(|entry| entry.revision);
            if !condition.holds(revision) {
                return Err(WriteError::Precondition);
            }
            if let Some(entry) = entry.filter(|entry| entry.value == value) {
                return Ok((entry.revision, false));
            }
            // First, so that there is no configuration whose name is not known.
            if let Some(name) = &place.name {
                self.note_name(&place.app_version, name).await?;
            }
            match self.store.put(&key, value.clone(), revision).await {
                Err(StoreError::Conflict) => {}
                written => return Ok((written?, revision.is_none())),
            }
        }
        Err(StoreError::Conflict.into())
    }

    pub(crate) async fn delete(&self, place: &Place, condition: &Condition) -> Result<(), WriteError> {
        let key = place.key();
        for _ in 0..ATTEMPTS {
            let revision = self.store.get(&key).await?.map(|entry| entry.revision);
            let revision = match revision {
                None if *condition == Condition::Anything => return Err(WriteError::Unknown),
                Some(revision) if condition.holds(Some(revision)) => revision,
                _ => return Err(WriteError::Precondition),
            };
            // First, so that there is no deletion that makes a version fall.
            if let Some(deletion) = place.deletion() {
                self.change(&deletion, |_| Ok(Some(Bytes::new()))).await?;
            }
            match self.store.delete(&key, revision).await {
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
        let keys = self.store.keys(&Place::prefix_of_all(app_version), after, limit).await?;
        keys.into_iter().map(|key| Place::of(&key).ok_or(StoreError::Foreign { key })).collect()
    }

    /// Keeps that an endpoint has asked: it is to be told of changes of its application version.
    pub(crate) async fn remember(
        &self,
        app_version: &AppVersion,
        endpoint: &EndpointId,
    ) -> Result<(), StoreError> {
        let (slot, today) = (askers::key(app_version, endpoint), today());
        let noted = |entry: Option<&Entry>| {
            let mut askers =
                entry.map_or_else(|| Ok(Askers::default()), |entry| read_askers(&slot, entry))?;
            Ok(askers.note(app_version, endpoint, today).then(|| askers.to_bytes()))
        };
        self.change(&slot, noted).await
    }

    /// The slots of endpoints that have asked.
    pub(crate) async fn asker_slots(&self) -> Result<Vec<String>, StoreError> {
        self.store.keys(askers::PREFIX, None, askers::SLOTS.into()).await
    }

    /// The endpoints of an application version that have asked, of one slot.
    pub(crate) async fn askers(
        &self,
        app_version: &AppVersion,
        slot: &str,
    ) -> Result<Vec<EndpointId>, StoreError> {
        let Some(entry) = self.store.get(slot).await? else { return Ok(Vec::new()) };
        Ok(read_askers(slot, &entry)?.of(app_version).collect())
    }

    /// Writes under a key what `next` makes of what it has; `None` leaves it alone.
    pub(crate) async fn change(
        &self,
        key: &str,
        next: impl Fn(Option<&Entry>) -> Result<Option<Bytes>, StoreError>,
    ) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let entry = self.store.get(key).await?;
            let Some(value) = next(entry.as_ref())? else { return Ok(()) };
            match self.store.put(key, value, entry.map(|entry| entry.revision)).await {
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
    Clock::System.millis().unsigned_abs() / (24 * 60 * 60 * 1_000)
}
