//! Configuration from a file and the environment.
//!
//! [`Config::load`] has the table of variables.

mod duration;
mod environment;
mod nats;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kaa_protocol::dialect::Dialect;
use serde::Deserialize;

pub use nats::{NatsConfig, NatsConfigError, Secret, TlsConfig};

use crate::limits::Limits;

/// What an operator can set, in a TOML file. Every entry has a default, and an unknown one is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// `[service]`: who this is.
    pub service: ServiceConfig,
    /// `[limits]`: how much it takes on.
    pub limits: LimitsConfig,
    /// `[nats]`: the bus.
    pub nats: NatsConfig,
}

/// `[service]`: what is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The service instance name.
    pub instance: Option<String>,
    /// The identity of this replica.
    pub replica: Option<String>,
    /// The instance name of the communication service.
    pub communication_service: Option<String>,
    /// The revision of 4/ESP answers are written in.
    pub esp_revision: Option<EspRevision>,
    /// [`Builder::dialects`](crate::Builder::dialects).
    pub dialects: Option<Vec<Dialect>>,
}

/// The revisions of 4/ESP by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EspRevision {
    /// As first published.
    Seed,
    /// As spoken by clusters of today.
    Current,
}

/// `[limits]`: what is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LimitsConfig {
    /// [`Limits::requests`].
    pub requests: Option<usize>,
    /// [`Limits::bytes`].
    pub bytes: Option<usize>,
    /// [`Limits::per_endpoint`].
    pub per_endpoint: Option<usize>,
    /// [`Limits::handler_timeout`], such as `"30s"`.
    #[serde(deserialize_with = "duration::optional")]
    pub handler_timeout: Option<Duration>,
    /// [`Limits::clock_skew`], such as `"1s"`.
    #[serde(deserialize_with = "duration::optional")]
    pub clock_skew: Option<Duration>,
    /// [`Limits::grace`], such as `"20s"`.
    #[serde(deserialize_with = "duration::optional")]
    pub grace: Option<Duration>,
}

impl LimitsConfig {
    pub(crate) fn over(&self, limits: Limits) -> Limits {
        Limits {
            requests: self.requests.unwrap_or(limits.requests),
            bytes: self.bytes.unwrap_or(limits.bytes),
            per_endpoint: self.per_endpoint.unwrap_or(limits.per_endpoint),
            handler_timeout: self.handler_timeout.unwrap_or(limits.handler_timeout),
            clock_skew: self.clock_skew.unwrap_or(limits.clock_skew),
            grace: self.grace.unwrap_or(limits.grace),
        }
    }
}

impl Config {
    /// Reads the file named by `KAA_CONFIG`, if any, and the environment on top of it.
    ///
    /// | variable | entry |
    /// |---|---|
    /// | `SERVICE_INSTANCE_NAME` | `service.instance` |
    /// | `SERVICE_INSTANCE_REPLICA_ID` | `service.replica` |
    /// | `COMMUNICATION_SERVICE_INSTANCE_NAME` | `service.communication-service` |
    /// | `ESP_REVISION` | `service.esp-revision`: `seed` or `current` |
    /// | `DIALECTS` | `service.dialects`: `esp`, `ecs2ext` or both, separated by commas |
    /// | `HANDLER_TIMEOUT`, `GRACEFUL_SHUTDOWN_PERIOD` | `limits.handler-timeout`, `limits.grace`, such as `30s` |
    /// | `NATS_URLS` | `nats.urls`, separated by commas |
    /// | `NATS_USERNAME`, `NATS_PASSWORD`, `NATS_TOKEN` | `nats.username`, `nats.password`, `nats.token` |
    /// | `NATS_NKEY_FILE`, `NATS_CREDENTIALS_FILE` | `nats.nkey-file`, `nats.credentials-file` |
    /// | `NATS_TLS_CA_FILE` | `nats.tls.ca-file` |
    /// | `NATS_TLS_CERTIFICATE_FILE`, `NATS_TLS_KEY_FILE` | `nats.tls.certificate-file`, `nats.tls.key-file` |
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the file and line or the variable.
    pub fn load() -> Result<Self, ConfigError> {
        // What is not text is not passed over: it shows up, mangled, in the error about it.
        Self::load_from(|variable| Some(std::env::var_os(variable)?.to_string_lossy().into_owned()))
    }

    fn load_from(environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        // A variable that is set to nothing is as good as not set: that is how container
        // descriptions leave one out.
        let environment = |variable: &str| environment(variable).filter(|value| !value.is_empty());
        let mut config = match environment("KAA_CONFIG") {
            Some(path) => Self::read(Path::new(&path))?,
            None => Self::default(),
        };
        environment::apply(&mut config, environment)?;
        Ok(config)
    }

    /// Reads a file, without the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the file and line.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| {
            // The library's own error quotes the file, which may hold secrets.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let (line, message) = (before.matches('\n').count() + 1, error.message().to_owned());
            ConfigError::Invalid { path: path.to_owned(), line, message }
        })
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path:?} (from KAA_CONFIG) cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a configuration.
    #[error("configuration file {path:?}, line {line}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A variable of the environment has a value it cannot have.
    #[error("environment variable {variable}={value:?} is not valid: expected {expected}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load_from(|wanted| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_a_complete_configuration() {
        assert_eq!(load(&[]).unwrap(), Config::default());
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let file = std::env::temp_dir().join(format!("kaa-ext-config-{}.toml", std::process::id()));
        let text = "[service]\ninstance = 'file'\nreplica = 'r-1'\n[limits]\nhandler-timeout = '5s'\n";
        std::fs::write(&file, text).unwrap();
        let path = file.to_str().unwrap();
        let config =
            load(&[("KAA_CONFIG", path), ("SERVICE_INSTANCE_NAME", "env"), ("NATS_URLS", "nats://a:1, b:2")])
                .unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(config.service.instance.as_deref(), Some("env"));
        assert_eq!(config.service.replica.as_deref(), Some("r-1"));
        assert_eq!(config.limits.handler_timeout, Some(Duration::from_secs(5)));
        assert_eq!(config.nats.urls, ["nats://a:1", "b:2"]);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        assert_eq!(load(&[("KAA_CONFIG", ""), ("NATS_URLS", "")]).unwrap(), Config::default());
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_it_may_be() {
        for (variable, value) in [("HANDLER_TIMEOUT", "soon"), ("ESP_REVISION", "next")] {
            let error = load(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains("expected"), "{error}");
        }
    }

    #[test]
    fn an_unknown_entry_is_an_error_that_names_file_and_line() {
        let file = std::env::temp_dir().join(format!("kaa-ext-unknown-{}.toml", std::process::id()));
        std::fs::write(&file, "[service]\ninstanze = 'x'\n").unwrap();
        let error = Config::read(&file).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        for part in ["kaa-ext-unknown", "line 2", "instanze"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn an_error_does_not_tell_what_else_is_in_the_file() {
        let file = std::env::temp_dir().join(format!("kaa-ext-secret-{}.toml", std::process::id()));
        std::fs::write(&file, "[nats]\npassword = 'hunter2'\n[limits]\nrequest = 1\n").unwrap();
        let error = Config::read(&file).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert!(error.to_string().contains("line 4"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn a_missing_file_is_an_error_that_names_it() {
        let error = load(&[("KAA_CONFIG", "/nowhere/kaa.toml")]).unwrap_err();
        assert!(error.to_string().contains("/nowhere/kaa.toml"));
    }
}
