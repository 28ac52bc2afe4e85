//! Where a port listens: `127.0.0.1:9464`, or `off`.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de};

/// What such an entry may be.
pub const EXPECTED: &str = "an address and a port such as 127.0.0.1:9464, or off";

/// Reads one: `Some(None)` is `off`, `None` is neither.
#[allow(clippy::option_option, reason = "not an address, and no address")]
pub fn parse(text: &str) -> Option<Option<SocketAddr>> {
    if text == "off" { Some(None) } else { text.parse().ok().map(Some) }
}

/// Reads an entry of a file: `#[serde(with = "listen")]`.
///
/// # Errors
///
/// What is neither an address with a port nor `off`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&text), &EXPECTED))
}
