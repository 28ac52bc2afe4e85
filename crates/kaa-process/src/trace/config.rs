//! `tracing`: which spans are sent, and where.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::Settings;

/// `tracing` of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct TracingConfig {
    /// Where a collector of OpenTelemetry takes traces by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`.
    /// Default: none, and nothing is sent.
    pub endpoint: Option<CollectorUrl>,
    /// How many of the traces that begin here are recorded: 1 is all, 0.01 one in a hundred. Default: 1.
    pub ratio: Ratio,
    /// The name of the service in traces. Default: that of the service instance.
    pub service_name: Option<String>,
    /// More attributes of the service, such as `deployment.environment.name=test`.
    pub attributes: Vec<Attribute>,
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Ratio(f64);

/// It is a number, which is equal to itself.
impl Eq for Ratio {}

impl Ratio {
    /// The ratio; `None` when it is not from 0 to 1.
    pub fn new(ratio: f64) -> Option<Self> {
        (0.0..=1.0).contains(&ratio).then_some(Self(ratio))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for Ratio {
    fn default() -> Self {
        Self(1.0)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RatioVisitor;

        impl de::Visitor<'_> for RatioVisitor {
            type Value = Ratio;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 1")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Ratio, E> {
                Ratio::new(number).ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
            }
        }

        deserializer.deserialize_f64(RatioVisitor)
    }
}

/// Reads an entry that is parsed of a text.
fn parsed<'de, D, T>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    struct Parsed<T>(&'static str, std::marker::PhantomData<T>);

    impl<T: FromStr> de::Visitor<'_> for Parsed<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_str(Parsed(expected, std::marker::PhantomData))
}

/// The URL of a collector: without TLS, because a collector is on the same machine, or in the same pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorUrl(Uri);

/// It is not a URL of a collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {}", CollectorUrl::EXPECTED)]
pub struct InvalidCollectorUrl;

impl CollectorUrl {
    const EXPECTED: &'static str = "a URL with http, without a user, such as http://127.0.0.1:4318/v1/traces";

    /// The host, without the brackets of an IPv6 address, and the port.
    pub fn host_and_port(&self) -> (&str, u16) {
        let host = self.0.host().unwrap_or_default();
        (host.trim_matches(['[', ']']), self.0.port_u16().unwrap_or(80))
    }
}

impl FromStr for CollectorUrl {
    type Err = InvalidCollectorUrl;

    fn from_str(text: &str) -> Result<Self, InvalidCollectorUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidCollectorUrl)?;
        let authority = uri.authority().ok_or(InvalidCollectorUrl)?;
        let is_right = uri.scheme_str() == Some("http")
            && !authority.host().is_empty()
            && !authority.as_str().contains('@')
            && uri.query().is_none();
        if is_right { Ok(Self(uri)) } else { Err(InvalidCollectorUrl) }
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for CollectorUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CollectorUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, Self::EXPECTED)
    }
}

/// An attribute of a service: `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, such as `deployment.environment.name`.
    pub key: String,
    /// What it says.
    pub value: String,
}

impl FromStr for Attribute {
    type Err = fmt::Error;

    fn from_str(text: &str) -> Result<Self, fmt::Error> {
        let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or(fmt::Error)?;
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}={}", self.key, self.value))
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, "key=value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_reached_by_plain_http_and_without_a_user() {
        for (url, host, port) in [
            ("http://127.0.0.1:4318/v1/traces", "127.0.0.1", 4318),
            ("http://[::1]:4318/v1/traces", "::1", 4318),
            ("http://collector/v1/traces", "collector", 80),
        ] {
            let url: CollectorUrl = url.parse().unwrap();
            assert_eq!(url.host_and_port(), (host, port));
        }
        for wrong in
            ["", "collector:4318", "https://a/v1/traces", "http://u:p@a/", "http://", "/v1", "http://a/?k=v"]
        {
            assert_eq!(wrong.parse::<CollectorUrl>(), Err(InvalidCollectorUrl), "{wrong}");
        }
    }

    #[test]
    fn a_ratio_is_from_0_to_1() {
        for (number, expected) in
            [(0.0, true), (1.0, true), (0.5, true), (1.01, false), (-0.1, false), (f64::NAN, false)]
        {
            assert_eq!(Ratio::new(number).is_some(), expected, "{number}");
        }
    }
}
