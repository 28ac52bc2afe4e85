//! Reading a payload.

use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed};

use super::{Mark, Outline, PayloadError};

/// How many arrays and objects may be inside each other: what other JSON readers, serde_json among
/// them, stop at as well.
pub const MAX_NESTING: usize = 128;

/// A payload that a device sends or receives as JSON.
pub trait JsonPayload: DeserializeOwned {
    /// Its name with its RFC, as an error begins with it: `a 7/CMP config request`.
    const NAME: &'static str;

    /// What it looks like, as an error ends with it: `{observe?: boolean}`.
    const EXPECTED: &'static str;

    /// The JSON that a payload of zero bytes stands for. Nothing, unless the RFC says otherwise.
    const WHEN_EMPTY: &'static str = "";

    /// Reads a payload of at most [`MAX_NESTING`] levels.
    ///
    /// # Errors
    ///
    /// [`PayloadError`], when it is not UTF-8, not JSON, or not this payload.
    fn from_json(payload: &[u8]) -> Result<Self, PayloadError> {
        let text = if payload.is_empty() { Self::WHEN_EMPTY.as_bytes() } else { payload };
        let kind = Kind { name: Self::NAME, expected: Self::EXPECTED };
        read(kind, text, MAX_NESTING, PhantomData)
    }
}

/// What a payload was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) expected: &'static str,
}

/// Reads `text` from end to end. The nesting is looked at first: a value that is passed on unread
/// costs serde_json no stack, but memory for every level.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
    kind: Kind,
    text: &'de [u8],
    max_nesting: usize,
    seed: S,
) -> Result<S::Value, PayloadError> {
    if let Some(mark) = too_deep(text, max_nesting) {
        let problem = format!("more than {max_nesting} levels of nesting at byte {}", mark.at);
        return Err(PayloadError::new(kind, problem));
    }
    // Checked as a whole, it need not be checked text by text.
    let text = str::from_utf8(text)
        .map_err(|error| PayloadError::new(kind, format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| PayloadError::from_serde(kind, &error))
}

/// The first bracket beyond the limit.
fn too_deep(text: &[u8], max_nesting: usize) -> Option<Mark> {
    // Counting is far quicker than following strings, and settles it for all but large payloads.
    if text.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() <= max_nesting {
        return None;
    }
    Outline::new(text).find(|mark| mark.depth > max_nesting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::RawJson;

    fn nested(levels: usize) -> String {
        format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn the_limit_of_nesting_is_exact() {
        assert!(RawJson::from_json(nested(MAX_NESTING).as_bytes()).is_ok());
        let error = RawJson::from_json(nested(MAX_NESTING + 1).as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "not JSON: more than 128 levels of nesting at byte 128; expected one value of any type"
        );
    }

    #[test]
    fn zero_bytes_are_not_json_unless_the_rfc_says_so() {
        assert!(RawJson::from_json(b"").is_err());
        assert!(crate::cmp::ConfigRequest::from_json(b"").is_ok());
        assert!(crate::cmp::ConfigRequest::from_json(b" ").is_err());
    }

    #[test]
    fn something_behind_the_value_is_an_error() {
        for text in ["1 2", "{}}", "[],", "null\0"] {
            assert!(RawJson::from_json(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
