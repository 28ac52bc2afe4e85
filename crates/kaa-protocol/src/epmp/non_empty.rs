//! Requests that have to ask for something.

use std::ops::Deref;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::{Metadata, MetadataKeys};
use crate::json::JsonPayload;

/// Metadata to write (10/EPMP): at least one key. The answer is empty.
pub type UpdateRequest = NonEmpty<Metadata>;

/// Keys to remove (10/EPMP): at least one. The answer is empty.
pub type DeleteKeysRequest = NonEmpty<MetadataKeys>;

/// [`Metadata`] or [`MetadataKeys`] with at least one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NonEmpty<C>(C);

/// What can be empty.
trait Collection {
    fn is_empty(&self) -> bool;
}

impl Collection for Metadata {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Collection for MetadataKeys {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[allow(private_bounds, reason = "there are two collections, and nobody needs a third")]
impl<C: Collection> NonEmpty<C> {
    /// `None` when there is no key in it.
    pub fn new(collection: C) -> Option<Self> {
        (!collection.is_empty()).then_some(Self(collection))
    }
}

impl<C> NonEmpty<C> {
    /// What is in it.
    pub fn into_inner(self) -> C {
        self.0
    }
}

impl<C> Deref for NonEmpty<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<'de, C: Collection + Deserialize<'de>> Deserialize<'de> for NonEmpty<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(C::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("no metadata key"))
    }
}

impl JsonPayload for UpdateRequest {
    const NAME: &'static str = "a 10/EPMP update request";
    const EXPECTED: &'static str = "an object with 1 to 1000 different keys";
}

impl JsonPayload for DeleteKeysRequest {
    const NAME: &'static str = "a 10/EPMP delete keys request";
    const EXPECTED: &'static str = "an array of 1 to 1000 different keys";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_update_is_an_error() {
        assert!(UpdateRequest::from_json(br#"{"a":1}"#).is_ok());
        for text in ["", "{}", "[]"] {
            assert!(UpdateRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(UpdateRequest::new(Metadata::default()), None);
    }

    #[test]
    fn an_empty_deletion_is_an_error() {
        assert!(DeleteKeysRequest::from_json(br#"["a"]"#).is_ok());
        for text in ["", "[]", "{}", r#"["a","a"]"#] {
            assert!(DeleteKeysRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(DeleteKeysRequest::new(MetadataKeys::default()), None);
    }
}
