//! Durations as people write them: `250ms`, `30s`, `5m`.
//!
//! In a file: `#[serde(with = "duration")]`, or `#[serde(with = "duration::optional")]` for an
//! `Option<Duration>`.

use std::fmt;
use std::time::Duration;

use serde::{Deserializer, Serializer, de};

/// What a duration may look like.
pub const EXPECTED: &str = "a duration such as 250ms, 30s or 5m";

/// Nobody waits longer than a hundred years. What is not limited has no place on the clock: adding it to the time of now
/// panics.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Reads a duration, if it is one, of at most a hundred years.
pub fn parse(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|duration| *duration <= LONGEST)
}

/// Reads an entry that has to be there, or has a default.
///
/// # Errors
///
/// Text that is no duration, and what is no text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(DurationVisitor)
}

/// Writes it as people do.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*duration))
}

struct DurationVisitor;

impl de::Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// The same for an entry that may be left out.
pub mod optional {
    use serde::{Deserialize, Serialize};

    use super::{Deserializer, Duration, Serializer};

    #[derive(Deserialize, Serialize)]
    #[serde(transparent)]
    struct Entry(#[serde(with = "super")] Duration);

    /// Reads an entry that may be `null`.
    ///
    /// # Errors
    ///
    /// Text that is no duration, and what is no text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(|Entry(duration)| duration))
    }

    /// Writes it as people do, or nothing.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    #[allow(clippy::ref_option, reason = "serde calls it")]
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(Entry).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse("1m 30s"), Some(Duration::from_secs(90)));
        assert!(parse("100y").is_some());
        for wrong in ["", "30", "soon", "-1s", "101y", "18446744073709551615s", "9999999999999999y"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
