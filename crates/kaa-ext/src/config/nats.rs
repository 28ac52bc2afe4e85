//! `[nats]`: how to reach the bus.

use std::path::PathBuf;
use std::time::Duration;

use kaa_bus::{NatsOptions, ServerUrlError};
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

impl NatsConfig {
    /// The options for [`Bus::nats`](kaa_bus::Bus::nats).
    ///
    /// # Errors
    ///
    /// [`NatsConfigError`], naming the entry.
    pub fn options(&self) -> Result<NatsOptions, NatsConfigError> {
        let urls = if self.urls.is_empty() { DEFAULT_URL.to_owned() } else { self.urls.join(",") };
        let mut options = NatsOptions::new(&urls)?;
        options = match (&self.username, &self.password) {
            (Some(user), Some(Secret(password))) => options.user_and_password(user, password),
            (None, None) => options,
            (Some(_), None) => return Err(NatsConfigError::Half { has: "username", lacks: "password" }),
            (None, Some(_)) => return Err(NatsConfigError::Half { has: "password", lacks: "username" }),
        };
        if let Some(Secret(token)) = &self.token {
            options = options.token(token);
        }
        if let Some(file) = &self.nkey_file {
            options = options.nkey_file(file);
        }
        if let Some(file) = &self.credentials_file {
            options = options.credentials_file(file);
        }
        if let Some(interval) = self.ping_interval {
            options = options.ping_interval(interval);
        }
        self.tls.apply(options)
    }
}

impl TlsConfig {
    fn apply(&self, mut options: NatsOptions) -> Result<NatsOptions, NatsConfigError> {
        if self.required {
            options = options.require_tls();
        }
        if let Some(file) = &self.ca_file {
            options = options.ca_file(file);
        }
        match (&self.certificate_file, &self.key_file) {
            (Some(certificate), Some(key)) => Ok(options.client_certificate(certificate, key)),
            (None, None) => Ok(options),
            (Some(_), None) => {
                Err(NatsConfigError::Half { has: "tls.certificate-file", lacks: "tls.key-file" })
            }
            (None, Some(_)) => {
                Err(NatsConfigError::Half { has: "tls.key-file", lacks: "tls.certificate-file" })
            }
        }
    }
}

/// `[nats]` of a configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NatsConfigError {
    /// A server URL is none.
    #[error("nats.urls (NATS_URLS): {0}")]
    Url(#[from] ServerUrlError),
    /// Of two entries that belong together, one is missing.
    #[error("nats.{has} is set, but nats.{lacks} is not; set both or neither")]
    Half {
        /// The entry that is set.
        has: &'static str,
        /// The entry that is missing.
        lacks: &'static str,
    },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_pair_is_an_error_that_names_the_other_half() {
        let config = NatsConfig { username: Some("me".to_owned()), ..NatsConfig::default() };
        let error = config.options().unwrap_err().to_string();
        assert_eq!(error, "nats.username is set, but nats.password is not; set both or neither");
        let tls = TlsConfig { key_file: Some("key.pem".into()), ..TlsConfig::default() };
        let error = NatsConfig { tls, ..NatsConfig::default() }.options().unwrap_err().to_string();
        assert!(error.contains("nats.tls.certificate-file"), "{error}");
    }

    #[test]
    fn a_url_that_is_none_is_named_with_its_entry() {
        let config = NatsConfig { urls: vec!["http://x".to_owned()], ..NatsConfig::default() };
        let error = config.options().unwrap_err().to_string();
        assert!(error.starts_with("nats.urls (NATS_URLS): ") && error.contains("http://x"), "{error}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = NatsConfig { token: Some("hunter2".into()), ..NatsConfig::default() };
        assert!(!format!("{config:?} {:?}", config.options()).contains("hunter2"));
    }
}
