//! Where a port listens: `127.0.0.1:9464`, or `off`.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserializer, Serializer, de};

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
    deserializer.deserialize_str(ListenVisitor)
}

/// Writes the address, or `off`.
///
/// # Errors
///
/// Those of the serializer.
#[allow(clippy::ref_option, reason = "serde calls it")]
pub fn serialize<S: Serializer>(listen: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
    match listen {
        Some(address) => serializer.collect_str(address),
        None => serializer.serialize_str("off"),
    }
}

struct ListenVisitor;

impl de::Visitor<'_> for ListenVisitor {
    type Value = Option<SocketAddr>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}
