//! `[nats]`: how to reach the bus.

use std::path::PathBuf;
use std::time::Duration;

use kaa_bus::NatsOptions;
use serde::Deserialize;

use super::duration;

/// Where a service looks for NATS when nothing says otherwise.
const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

/// `[nats]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NatsConfig {
    /// Servers to try, in any order. Default: `nats://127.0.0.1:4222`.
    pub urls: Vec<String>,
    /// The user, with `password`.
    pub username: Option<String>,
    /// The password of `username`.
    pub password: Option<Secret>,
    /// A token instead of user and password.
    pub token: Option<Secret>,
    /// A file with an nkey seed.
    pub nkey_file: Option<PathBuf>,
    /// A file with a JWT and its seed.
    pub credentials_file: Option<PathBuf>,
    /// How often the connection is checked, such as `"1s"`: the shorter, the sooner a dead server
    /// is noticed.
    #[serde(deserialize_with = "duration::optional")]
    pub ping_interval: Option<Duration>,
    /// `[nats.tls]`.
    pub tls: TlsConfig,
}

/// `[nats.tls]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct TlsConfig {
    /// Refuse servers without TLS.
    pub required: bool,
    /// Certificates of the authorities to trust, PEM.
    pub ca_file: Option<PathBuf>,
    /// This client's certificate, PEM; with `key_file`.
    pub certificate_file: Option<PathBuf>,
    /// This client's private key, PEM.
    pub key_file: Option<PathBuf>,
}

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
