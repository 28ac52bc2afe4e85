//! Durations as people write them: `250ms`, `30s`, `5m`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

pub(super) const EXPECTED: &str = "a duration such as 250ms, 30s or 5m";

pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let unexpected = |_| de::Error::invalid_value(de::Unexpected::Str(&text), &EXPECTED);
    humantime::parse_duration(&text).map(Some).map_err(unexpected)
}
