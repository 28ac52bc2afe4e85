//! Configuration from a file and the environment.
//!
//! [`Config::load`] has the table of variables.

mod environment;

use std::path::Path;
use std::time::Duration;

use kaa_process::admin::AdminConfig;
use kaa_process::config::{self, ConfigError, InstanceConfig, NatsConfig, Variable, duration, size};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;
use serde::Deserialize;

use crate::limits::Limits;

/// What an operator can set, in a YAML file. Every entry has a default, and an unknown one is an error.
///
/// `E` is what the extension adds of its own, its [`Settings`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound = "E: Default + serde::de::DeserializeOwned"
)]
#[non_exhaustive]
pub struct Config<E = ()> {
    /// `service`: who this is.
    pub service: ServiceConfig,
    /// `limits`: how much it takes on.
    pub limits: LimitsConfig,
    /// `nats`: the bus.
    pub nats: NatsConfig,
    /// `admin`: health and metrics.
    pub admin: AdminConfig,
    /// `extension`: what only this extension has.
    pub extension: E,
}

/// What an operator can set of one extension, beside what all of them have: `extension` of the file, and
/// variables.
///
/// ```
/// use kaa_ext::{Settings, Variable};
/// use serde::Deserialize;
///
/// #[derive(Debug, Clone, Deserialize)]
/// #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
/// struct Greeting { text: String }
///
/// impl Default for Greeting {
///     fn default() -> Self {
///         Self { text: "Hello".to_owned() }
///     }
/// }
///
/// impl Settings for Greeting {
///     const VARIABLES: &[Variable<Self>] = &[Variable {
///         name: "GREETING_TEXT",
///         expected: "a text",
///         set: |settings, text| Some(settings.text = text.to_owned()),
///     }];
/// }
/// ```
pub trait Settings: Default + serde::de::DeserializeOwned + 'static {
    /// The variables of the environment, each with its entry. Default: none.
    const VARIABLES: &[Variable<Self>] = &[];

    /// Puts the variables into their entries.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Variable`], naming the variable.
    fn apply(&mut self, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        config::apply(self, Self::VARIABLES, environment)
    }
}

impl Settings for () {}

/// `service`: what is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ServiceConfig {
    /// `service.instance`: the name of the service instance, and the identity of this replica.
    pub instance: InstanceConfig,
    /// [`Builder::shards`](crate::Builder::shards).
    pub shards: Option<usize>,
    /// The instance name of the communication service.
    pub communication_service: Option<String>,
    /// The revision of 4/ESP answers are written in.
    pub esp_revision: Option<Revision>,
    /// [`Builder::dialects`](crate::Builder::dialects).
    pub dialects: Option<Vec<Dialect>>,
}

/// `limits`: what is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LimitsConfig {
    /// [`Limits::requests`].
    pub requests: Option<usize>,
    /// [`Limits::bytes`], such as `64MiB`.
    #[serde(with = "size::optional")]
    pub bytes: Option<usize>,
    /// [`Limits::per_endpoint`].
    pub per_endpoint: Option<usize>,
    /// [`Limits::handler_timeout`], such as `30s`.
    #[serde(with = "duration::optional")]
    pub handler_timeout: Option<Duration>,
    /// [`Limits::clock_skew`], such as `1s`.
    #[serde(with = "duration::optional")]
    pub clock_skew: Option<Duration>,
    /// [`Limits::grace`], such as `20s`.
    #[serde(with = "duration::optional")]
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

impl Config<()> {
    /// Reads the file named by `KAA_CONFIG`, if any, and the environment on top of it.
    ///
    /// | variable | entry |
    /// |---|---|
    /// | `SERVICE_INSTANCE_NAME` | `service.instance.name` |
    /// | `SERVICE_INSTANCE_REPLICA_ID` | `service.instance.replica-id` |
    /// | `COMMUNICATION_SERVICE_INSTANCE_NAME` | `service.communication-service` |
    /// | `SERVICE_SHARDS` | `service.shards` |
    /// | `ESP_REVISION` | `service.esp-revision`: `seed` or `current` |
    /// | `DIALECTS` | `service.dialects`: `esp`, `ecs2ext` or both, separated by commas |
    /// | `HANDLER_TIMEOUT`, `GRACEFUL_SHUTDOWN_PERIOD` | `limits.handler-timeout`, `limits.grace`, such as `30s` |
    /// | `NATS_URLS` | `nats.urls`, separated by commas |
    /// | `NATS_USERNAME`, `NATS_PASSWORD`, `NATS_TOKEN` | `nats.username`, `nats.password`, `nats.token` |
    /// | `NATS_PASSWORD_FILE`, `NATS_TOKEN_FILE` | `nats.password-file`, `nats.token-file` |
    /// | `NATS_NKEY_FILE`, `NATS_CREDENTIALS_FILE` | `nats.nkey-file`, `nats.credentials-file` |
    /// | `NATS_TLS_CA_FILE` | `nats.tls.ca-file` |
    /// | `NATS_TLS_CERTIFICATE_FILE`, `NATS_TLS_KEY_FILE` | `nats.tls.certificate-file`, `nats.tls.key-file` |
    /// | `ADMIN_LISTEN`, `ADMIN_INSECURE_LISTEN` | `admin.listen` (an address or `off`), `admin.insecure-listen` |
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the file and line or the variable.
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_as()
    }

    /// The same with the settings of an extension: `Config::load_as::<Greeting>()?`.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_as<E: Settings>() -> Result<Config<E>, ConfigError> {
        Config::load_from(config::environment)
    }
}

impl<E: Settings> Config<E> {
    fn load_from(environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut config: Self = config::read_or_default(environment(config::FILE))?;
        config::apply(&mut config.service.instance, InstanceConfig::VARIABLES, &environment)?;
        config::apply(&mut config.nats, NatsConfig::VARIABLES, &environment)?;
        config::apply(&mut config.admin, AdminConfig::VARIABLES, &environment)?;
        config::apply(&mut config.service, environment::SERVICE, &environment)?;
        config::apply(&mut config.limits, environment::LIMITS, &environment)?;
        config.extension.apply(&environment)?;
        Ok(config)
    }

    /// Reads a file, without the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the file and line.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        config::read(path)
    }
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
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "service:\n  instance: { name: file, replica-id: r-1 }\n  dialects: [esp, ecs2ext]\n\
                    limits:\n  handler-timeout: 5s\n  bytes: 1MiB\n";
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let config =
            load(&[("KAA_CONFIG", path), ("SERVICE_INSTANCE_NAME", "env"), ("NATS_URLS", "nats://a:1, b:2")])
                .unwrap();
        assert_eq!(config.service.instance.name.unwrap(), "env");
        assert_eq!(config.service.instance.replica_id.unwrap(), "r-1");
        assert_eq!(config.service.dialects, Some(vec![Dialect::Esp, Dialect::Ecs2Ext]));
        assert_eq!(config.limits.handler_timeout, Some(Duration::from_secs(5)));
        assert_eq!(config.limits.bytes, Some(1024 * 1024));
        assert_eq!(config.nats.urls, ["nats://a:1", "b:2"]);
    }

    #[test]
    fn every_variable_reaches_its_entry() {
        let config = load(&[
            ("SERVICE_INSTANCE_REPLICA_ID", "r-2"),
            ("COMMUNICATION_SERVICE_INSTANCE_NAME", "kpc-2"),
            ("ESP_REVISION", "current"),
            ("DIALECTS", "ecs2ext,esp"),
            ("HANDLER_TIMEOUT", "1s"),
            ("GRACEFUL_SHUTDOWN_PERIOD", "2s"),
            ("NATS_TOKEN", "hunter2"),
            ("ADMIN_LISTEN", "off"),
        ])
        .unwrap();
        assert_eq!(config.service.instance.replica_id.unwrap(), "r-2");
        assert_eq!(config.service.communication_service.as_deref(), Some("kpc-2"));
        assert_eq!(config.service.esp_revision, Some(Revision::Current));
        assert_eq!(config.service.dialects, Some(vec![Dialect::Ecs2Ext, Dialect::Esp]));
        assert_eq!(config.limits.handler_timeout, Some(Duration::from_secs(1)));
        assert_eq!(config.limits.grace, Some(Duration::from_secs(2)));
        assert_eq!(config.nats.token, Some("hunter2".into()));
        assert_eq!(config.admin.listen, None);
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_it_may_be() {
        let wrong = [
            ("HANDLER_TIMEOUT", "soon"),
            ("ESP_REVISION", "next"),
            ("DIALECTS", "esp,kpsp"),
            ("SERVICE_INSTANCE_NAME", "a.b"),
        ];
        for (variable, value) in wrong {
            let error = load(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains("expected"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error_that_names_it() {
        let error = load(&[("KAA_CONFIG", "/nowhere/kaa.yaml")]).unwrap_err();
        assert!(error.to_string().contains("/nowhere/kaa.yaml"));
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Greeting {
        text: String,
    }

    impl Settings for Greeting {
        const VARIABLES: &[Variable<Self>] = &[Variable {
            name: "GREETING_TEXT",
            expected: "a text",
            set: |settings, text| config::set(&mut settings.text, text),
        }];
    }

    fn greeting(file: &str, variable: Option<&str>) -> Result<Greeting, ConfigError> {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), file).unwrap();
        let load = Config::<Greeting>::load_from(|wanted| match wanted {
            "KAA_CONFIG" => path.path().to_str().map(str::to_owned),
            "GREETING_TEXT" => variable.map(str::to_owned),
            _ => None,
        });
        load.map(|config| config.extension)
    }

    #[test]
    fn settings_are_a_section_of_the_file_below_their_variables() {
        let file = "extension:\n  text: Hello\n";
        assert_eq!(greeting(file, None).unwrap().text, "Hello");
        assert_eq!(greeting(file, Some("Hi")).unwrap().text, "Hi");
        assert_eq!(greeting("", None).unwrap(), Greeting::default());
    }

    #[test]
    fn an_unknown_setting_is_an_error_that_knows_what_was_meant() {
        let error = greeting("extension:\n  txet: Hello\n", None).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("txet") && error.contains("text"), "{error}");
    }
}
