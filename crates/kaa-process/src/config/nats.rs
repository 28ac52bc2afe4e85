//! `nats`: how to reach the bus.

use std::path::PathBuf;
use std::time::Duration;

use kaa_bus::{NatsOptions, ServerUrlError};
use serde::{Deserialize, Serialize, Serializer};

use super::{Secret, SecretError, Settings, duration};

/// Where a service looks for NATS when nothing says otherwise.
const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

/// `nats` of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NatsConfig {
    /// Servers to try, in any order. Default: `nats://127.0.0.1:4222`.
    #[serde(serialize_with = "tried")]
    #[setting(flag = "--nats")]
    pub urls: Vec<String>,
    /// The user.
    pub username: Option<String>,
    /// The password of the user.
    pub password: Option<Secret>,
    /// A file with the password, instead of the password itself.
    pub password_file: Option<PathBuf>,
    /// A token instead of user and password.
    pub token: Option<Secret>,
    /// A file with the token, instead of the token itself.
    pub token_file: Option<PathBuf>,
    /// A file with an nkey seed.
    pub nkey_file: Option<PathBuf>,
    /// A file with a JWT and its seed.
    pub credentials_file: Option<PathBuf>,
    /// How often the connection is checked: the shorter, the sooner a dead server is noticed. Default: `1s`.
    #[serde(with = "duration::optional")]
    pub ping_interval: Option<Duration>,
    /// TLS to the servers.
    pub tls: TlsConfig,
}

/// `nats.tls` of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct TlsConfig {
    /// Refuse servers without TLS.
    pub required: bool,
    /// Certificates of the authorities to trust, PEM. Default: those of the system.
    pub ca_file: Option<PathBuf>,
    /// The service's own certificate, PEM.
    pub certificate_file: Option<PathBuf>,
    /// The key of that certificate, PEM.
    pub key_file: Option<PathBuf>,
}

/// Writes the servers that are tried.
fn tried<S: Serializer>(urls: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    if urls.is_empty() { [DEFAULT_URL].serialize(serializer) } else { urls.serialize(serializer) }
}

impl NatsConfig {
    /// The options for [`Bus::nats`](kaa_bus::Bus::nats).
    ///
    /// # Errors
    ///
    /// [`NatsConfigError`], naming the entry.
    ///
    /// # Blocking
    ///
    /// Reads the files of secrets, before there is anything to hold up.
    pub fn options(&self) -> Result<NatsOptions, NatsConfigError> {
        let urls = if self.urls.is_empty() { DEFAULT_URL.to_owned() } else { self.urls.join(",") };
        let mut options = NatsOptions::new(&urls)?;
        let password = Secret::given("nats.password", self.password.as_ref(), self.password_file.as_deref())?;
        options = match (&self.username, &password) {
            (Some(user), Some(password)) => options.user_and_password(user, password.expose()),
            (None, None) => options,
            (Some(_), None) => return Err(NatsConfigError::Half { has: "username", lacks: "password" }),
            (None, Some(_)) => return Err(NatsConfigError::Half { has: "password", lacks: "username" }),
        };
        if let Some(token) = Secret::given("nats.token", self.token.as_ref(), self.token_file.as_deref())? {
            options = options.token(token.expose());
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

/// `nats` of a configuration that cannot be used.
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
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
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
    fn the_password_may_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let written = NatsConfig {
            username: Some("me".to_owned()),
            password: Some("hunter2".into()),
            ..NatsConfig::default()
        };
        let in_file =
            NatsConfig { password: None, password_file: Some(file.path().to_owned()), ..written.clone() };
        let options = |config: NatsConfig| format!("{:?}", config.options().unwrap());
        assert_eq!(options(in_file), options(written));
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = NatsConfig { token: Some("hunter2".into()), ..NatsConfig::default() };
        assert!(!format!("{config:?} {:?}", config.options()).contains("hunter2"));
    }
}
