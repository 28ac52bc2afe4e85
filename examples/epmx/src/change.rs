//! A change, what it makes of metadata, and whether that is too much.

use std::collections::BTreeMap;

use kaa_ext::ErrorStatus;
use kaa_ext::protocol::epmp::{Metadata, MetadataKey, MetadataKeys};
use kaa_ext::protocol::json::RawJson;

use crate::settings::Limits;

/// What is to become of the metadata of an endpoint.
#[derive(Debug)]
pub(crate) enum Change {
    /// This, and nothing else.
    Replace(Metadata),
    /// Some keys go, some are set, all others stay.
    Merge { remove: MetadataKeys, set: Metadata },
}

/// What a change has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) removed: BTreeMap<MetadataKey, RawJson>,
    pub(crate) added: BTreeMap<MetadataKey, RawJson>,
    /// From the old to the new value.
    pub(crate) updated: BTreeMap<MetadataKey, (RawJson, RawJson)>,
}

/// More metadata than an endpoint may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMuch {
    #[error("the endpoint would have {keys} metadata keys; the most is {most}")]
    Keys { keys: usize, most: usize },
    #[error("the value of the metadata key {key:?} has {bytes} bytes; the most is {most}")]
    Value { key: String, bytes: usize, most: usize },
    #[error("the metadata of the endpoint would have {bytes} bytes; the most is {most}")]
    Bytes { bytes: usize, most: usize },
}

impl kaa_ext::ReplyError for TooMuch {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::PAYLOAD_TOO_LARGE
    }
}

impl Change {
    /// What `current` becomes.
    ///
    /// # Errors
    ///
    /// [`TooMuch`]. What only gets less is never too much, or nobody could tidy up after a limit was lowered.
    pub(crate) fn apply(self, current: &Metadata, limits: Limits) -> Result<Metadata, TooMuch> {
        let next = match self {
            Self::Replace(next) => next,
            Self::Merge { remove, set } => {
                let mut next = current.clone();
                next.0.retain(|key, _| !remove.0.contains(key));
                next.0.extend(set.0);
                next
            }
        };
        let large = next.0.iter().find(|(key, value)| {
            value.as_str().len() > limits.value_bytes && current.0.get(*key) != Some(*value)
        });
        if let Some((key, value)) = large {
            let (key, bytes) = (key.to_string(), value.as_str().len());
            return Err(TooMuch::Value { key, bytes, most: limits.value_bytes });
        }
        let keys = next.0.len();
        if keys > limits.keys.max(current.0.len()) {
            return Err(TooMuch::Keys { keys, most: limits.keys });
        }
        let bytes = size(&next);
        if bytes > limits.bytes.max(size(current)) {
            return Err(TooMuch::Bytes { bytes, most: limits.bytes });
        }
        Ok(next)
    }
}

fn size(metadata: &Metadata) -> usize {
    metadata.0.iter().map(|(key, value)| key.as_str().len() + value.as_str().len()).sum()
}

impl Difference {
    /// What is different in `new`.
    pub(crate) fn between(old: Metadata, new: &Metadata) -> Self {
        let mut difference = Self::default();
        for (key, value) in &new.0 {
            if !old.0.contains_key(key) {
                difference.added.insert(key.clone(), value.clone());
            }
        }
        for (key, was) in old.0 {
            match new.0.get(&key) {
                None => drop(difference.removed.insert(key, was)),
                Some(is) if *is != was => drop(difference.updated.insert(key, (was, is.clone()))),
                Some(_) => {}
            }
        }
        difference
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty() && self.updated.is_empty()
    }
}
