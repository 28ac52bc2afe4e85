//! Keys with their values.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::MAX_KEYS;
use crate::json::{JsonPayload, RawJson};
use crate::name::MetadataKey;

/// Metadata of an endpoint, all of it or a part (10/EPMP): the answer to a
/// [`GetRequest`](super::GetRequest).
///
/// At most [`MAX_KEYS`] are read, and a key that is there twice is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Metadata(
    /// The values by their keys.
    pub BTreeMap<MetadataKey, RawJson>,
);

impl JsonPayload for Metadata {
    const NAME: &'static str = "10/EPMP metadata";
    const EXPECTED: &'static str = "an object with at most 1000 different keys";
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Metadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of metadata keys and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Metadata, A::Error> {
        let mut metadata = BTreeMap::new();
        while let Some(key) = entries.next_key::<MetadataKey>()? {
            if metadata.len() == MAX_KEYS {
                return Err(A::Error::custom("too many metadata keys"));
            }
            if metadata.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {:?} twice", key.as_str())));
            }
            metadata.insert(key, entries.next_value()?);
        }
        Ok(Metadata(metadata))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_text() {
        let text = r#"{"a":1.0,"b":1e400,"c":{"z":1, "y":[ ]},"d":null,"e":"\ud800"}"#;
        let metadata = Metadata::from_json(text.as_bytes()).unwrap();
        assert_eq!(metadata.0["d"], RawJson::null());
        assert_eq!(serde_json::to_string(&metadata).unwrap(), text);
    }

    #[test]
    fn metadata_is_an_object_of_proper_keys_each_once() {
        for text in ["", "[]", "null", r#"{"a":1,"a":2}"#, r#"{"a b":1}"#, r#"{"":1}"#, r#"{"a":1"#] {
            assert!(Metadata::from_json(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(Metadata::from_json(b"{}"), Ok(Metadata::default()));
    }

    #[test]
    fn the_limit_of_keys_is_exact() {
        let text = |count| {
            let entries = (0..count).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>();
            format!("{{{}}}", entries.join(","))
        };
        assert!(Metadata::from_json(text(MAX_KEYS).as_bytes()).is_ok());
        let error = Metadata::from_json(text(MAX_KEYS + 1).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("too many metadata keys"));
    }
}
