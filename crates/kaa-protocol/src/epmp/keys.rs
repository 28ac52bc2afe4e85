//! Keys, without their values.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::MAX_KEYS;
use crate::json::{JsonPayload, object};
use crate::name::MetadataKey;

/// Some keys, each once (10/EPMP): the answer to a request for all keys, and a part of other requests.
///
/// At most [`MAX_KEYS`] are read, and a key that is there twice is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MetadataKeys(
    /// The keys.
    pub BTreeSet<MetadataKey>,
);

impl JsonPayload for MetadataKeys {
    const NAME: &'static str = "10/EPMP metadata keys";
    const EXPECTED: &'static str = "an array of at most 1000 different keys";
}

impl<'de> Deserialize<'de> for MetadataKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = MetadataKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of metadata keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<MetadataKeys, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = elements.next_element::<MetadataKey>()? {
            if keys.len() == MAX_KEYS {
                return Err(A::Error::custom("too many metadata keys"));
            }
            if let Some(twice) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("the key {:?} twice", twice.as_str())));
            }
        }
        Ok(MetadataKeys(keys))
    }
}

object! {
    /// A device asks for metadata (10/EPMP). Zero bytes ask for all of it, as `{}` does.
    #[derive(Default)]
    pub struct GetRequest {
        /// The keys it wants; all when it does not say.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub keys: Option<MetadataKeys>,
    }
}

impl JsonPayload for GetRequest {
    const NAME: &'static str = "a 10/EPMP get request";
    const EXPECTED: &'static str = "nothing or {keys?: an array of at most 1000 different keys}";
    const WHEN_EMPTY: &'static str = "{}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_get_request_without_keys_asks_for_all() {
        for text in ["", "{}", r#"{"keys":null}"#] {
            assert_eq!(GetRequest::from_json(text.as_bytes()), Ok(GetRequest::default()));
        }
        let none = GetRequest::from_json(br#"{"keys":[]}"#).unwrap();
        assert_eq!(none.keys, Some(MetadataKeys::default()));
        for text in ["[]", r#"[["a"]]"#, r#"["a"]"#, r#"{"key":["a"]}"#, r#"{"keys":"a"}"#] {
            assert!(GetRequest::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_may_not_come_twice_however_it_is_written() {
        let error = MetadataKeys::from_json(br#"["a", "b", "\u0061"]"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "not 10/EPMP metadata keys: the key \"a\" twice at line 1 column 20; \
             expected an array of at most 1000 different keys"
        );
    }

    #[test]
    fn a_key_is_letters_digits_and_underscores() {
        for key in ["a", "OSName", "_", "0", "a_1"] {
            assert!(MetadataKeys::from_json(format!("[{key:?}]").as_bytes()).is_ok(), "{key}");
        }
        for key in ["", " ", "a b", "a-b", "a.b", "é", "$a"] {
            assert!(MetadataKeys::from_json(format!("[{key:?}]").as_bytes()).is_err(), "{key}");
        }
    }

    #[test]
    fn the_limit_of_keys_is_exact() {
        let keys =
            |count| serde_json::to_vec(&(0..count).map(|n| n.to_string()).collect::<Vec<_>>()).unwrap();
        assert!(MetadataKeys::from_json(&keys(MAX_KEYS)).is_ok());
        let error = MetadataKeys::from_json(&keys(MAX_KEYS + 1)).unwrap_err();
        assert!(error.to_string().contains("too many metadata keys"));
    }
}
