//! Durations as people write them: `250ms`, `30s`, `5m`.
//!
//! In a file: `#[serde(with = "duration")]`, or `#[serde(with = "duration::optional")]` for an
//! `Option<Duration>`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// What a duration may look like.
pub const EXPECTED: &str = "a duration such as 250ms, 30s or 5m";

/// Reads a duration, if it is one.
pub fn parse(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

/// Reads an entry that has to be there, or has a default.
///
/// # Errors
///
/// Text that is no duration, and what is no text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    read(&String::deserialize(deserializer)?)
}

fn read<E: de::Error>(text: &str) -> Result<Duration, E> {
    parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &EXPECTED))
}

/// The same for an entry that may be left out.
pub mod optional {
    use super::{Deserialize, Deserializer, Duration, read};

    /// Reads an entry that may be `null`.
    ///
    /// # Errors
    ///
    /// Text that is no duration, and what is no text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| read(&text)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse("1m 30s"), Some(Duration::from_secs(90)));
        for wrong in ["", "30", "soon", "-1s", "99999999999999999999s", "9999999999999999y"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
