//! JSON that is passed on as it came.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::JsonPayload;

/// One JSON value as its text: a configuration, a command's payload, the value of a metadata key.
///
/// Nobody between its author and its reader understands it, so nobody may change it: `1.0` stays
/// `1.0`, `1e400` stays what no number type holds, and the order of an object's fields stays. It is
/// checked for the grammar of JSON and for UTF-8, not for meaning: a field that occurs twice and a
/// `\ud800` without its other half pass. Whitespace around the value is not part of it.
///
/// Two of them are equal when their texts are.
///
/// ```
/// use kaa_protocol::json::{JsonPayload, RawJson};
///
/// let config = RawJson::from_json(br#" {"b": 1.0, "a": 1e400} "#)?;
/// assert_eq!(config.as_str(), r#"{"b": 1.0, "a": 1e400}"#);
/// # Ok::<(), kaa_protocol::json::PayloadError>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The JSON of `value`.
    ///
    /// # Errors
    ///
    /// When `value` cannot be JSON: a map whose keys are no strings, or its `Serialize` fails.
    pub fn new(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        to_raw_value(value).map(Self)
    }

    /// `null`.
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.as_str() == RawValue::NULL.get()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl JsonPayload for RawJson {
    const NAME: &'static str = "JSON";
    const EXPECTED: &'static str = "one value of any type";
}

impl From<Box<RawValue>> for RawJson {
    fn from(value: Box<RawValue>) -> Self {
        Self(value)
    }
}

impl From<RawJson> for String {
    fn from(json: RawJson) -> Self {
        Box::<str>::from(json.0).into()
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RawJson {}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({})", self.as_str())
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a field that may be missing but whose `null` is a value: an `Option` takes both for `None`.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}
