//! What an operator can set of every extension: in a file, in the environment, on the command line.

mod settled;

use std::path::Path;
use std::time::Duration;

use kaa_process::admin::AdminConfig;
use kaa_process::config::{
    self, ConfigError, InstanceConfig, Layers, NatsConfig, Program, Settings, duration, size,
};
use kaa_process::trace::TracingConfig;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) use settled::Settled;

use crate::limits::Limits;

/// What an operator can set. Every entry has a default, and an unknown one is an error.
///
/// `E` is what the extension adds of its own, its [`Settings`](trait@Settings).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[serde(bound(serialize = "E: Serialize", deserialize = "E: Default + DeserializeOwned"))]
#[non_exhaustive]
pub struct Config<E = ()> {
    /// Who this is.
    pub service: ServiceConfig,
    /// How much it takes on.
    pub limits: LimitsConfig,
    /// The bus.
    pub nats: NatsConfig,
    /// Health and metrics.
    pub admin: AdminConfig,
    /// Where spans are sent.
    pub tracing: TracingConfig,
    /// What only this extension has.
    pub extension: E,
    #[serde(skip)]
    pub(crate) settled: Settled,
}

impl<E> Config<E> {
    /// Puts what holds where nothing is set, once an extension was configured with it.
    pub(crate) fn settle(&mut self) {
        if let Some((service, limits)) = self.settled.get() {
            self.service = service;
            self.limits = limits;
        }
    }
}

/// `service`: what is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The name of the service instance, and the identity of this replica.
    pub instance: InstanceConfig,
    /// On how many cores one process serves; each is a replica of its own towards others. Default: 1.
    pub shards: Option<usize>,
    /// Whether it answers who looks for services on NATS, such as `nats micro list`. Default: `true`.
    pub discovery: Option<bool>,
    /// Where answers go that have no return address: the instance name of the communication service. Default: `kpc`.
    #[setting(variable = "COMMUNICATION_SERVICE_INSTANCE_NAME")]
    pub communication_service: Option<String>,
    /// The revision of 4/ESP in which answers are written; both are read. Default: `seed`.
    #[setting(variable = "ESP_REVISION")]
    pub esp_revision: Option<Revision>,
    /// In which protocols devices ask: `esp`, `ecs2ext` or both. Default: `esp`.
    #[setting(variable = "DIALECTS")]
    pub dialects: Option<Vec<Dialect>>,
}

/// `limits`: what is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LimitsConfig {
    /// How many requests wait or are being handled; one more is answered 503. Default: 4096.
    pub requests: Option<usize>,
    /// How many bytes they have. Default: `64MiB`.
    #[serde(with = "size::optional")]
    pub bytes: Option<usize>,
    /// How many requests of one endpoint wait for its earlier ones. Default: 32.
    pub per_endpoint: Option<usize>,
    /// How long a request without a timeout of its own may take. Default: `30s`.
    #[serde(with = "duration::optional")]
    #[setting(variable = "HANDLER_TIMEOUT")]
    pub handler_timeout: Option<Duration>,
    /// How far the clocks of senders may be off. Default: `1s`.
    #[serde(with = "duration::optional")]
    pub clock_skew: Option<Duration>,
    /// How long handlers may go on after SIGTERM. Default: `20s`.
    #[serde(with = "duration::optional")]
    #[setting(variable = "GRACEFUL_SHUTDOWN_PERIOD")]
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

impl From<Limits> for LimitsConfig {
    fn from(limits: Limits) -> Self {
        let Limits { requests, bytes, per_endpoint, handler_timeout, clock_skew, grace } = limits;
        Self {
            requests: Some(requests),
            bytes: Some(bytes),
            per_endpoint: Some(per_endpoint),
            handler_timeout: Some(handler_timeout),
            clock_skew: Some(clock_skew),
            grace: Some(grace),
        }
    }
}

impl Config {
    /// Reads the file that `KAA_CONFIG` names, if any, and the environment on top of it.
    /// [`Builder::run`](crate::Builder::run) and [`run`](fn@crate::run) do that, too, and have flags on top.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the file and line or the variable.
    pub fn load() -> Result<Self, ConfigError> {
        Ok(Layers::new(Program::default(), config::environment(), [])?.load()?.config)
    }
}

impl<E: Default + DeserializeOwned> Config<E> {
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

    type Loaded<E> = Result<Config<E>, String>;

    fn load<E: Settings + Default + Serialize + DeserializeOwned>(
        variables: &[(&str, &str)],
        flags: &[&str],
    ) -> Loaded<E> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let flags = flags.iter().map(|flag| (*flag).to_owned());
        let program = Program::new("greeter", "0.1.0", "Greets");
        let layers = Layers::<Config<E>>::new(program, environment.collect(), flags);
        layers.and_then(|layers| layers.load()).map(|loaded| loaded.config).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_is_a_complete_configuration() {
        assert_eq!(load::<()>(&[], &[]).unwrap(), Config::default());
    }

    #[test]
    fn each_layer_holds_over_the_one_below() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "service:\n  instance: { name: file, replica-id: r-1 }\n  dialects: [esp, ecs2ext]\n\
                    limits:\n  handler-timeout: 5s\n  bytes: 1MiB\n";
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let variables = [
            ("KAA_CONFIG", path),
            ("SERVICE_INSTANCE_NAME", "env"),
            ("SERVICE_INSTANCE_REPLICA_ID", "env"),
            ("NATS_URLS", "nats://a:1, b:2"),
        ];
        let config = load::<()>(&variables, &["--service.instance.replica-id=flag"]).unwrap();
        assert_eq!(config.service.instance.name.unwrap(), "env");
        assert_eq!(config.service.instance.replica_id.unwrap(), "flag");
        assert_eq!(config.service.dialects, Some(vec![Dialect::Esp, Dialect::Ecs2Ext]));
        assert_eq!(config.limits.handler_timeout, Some(Duration::from_secs(5)));
        assert_eq!(config.limits.bytes, Some(1024 * 1024));
        assert_eq!(config.nats.urls, ["nats://a:1", "b:2"]);
    }

    #[test]
    fn every_name_that_is_documented_reaches_its_entry() {
        let variables = [
            ("SERVICE_INSTANCE_REPLICA_ID", "r-2"),
            ("COMMUNICATION_SERVICE_INSTANCE_NAME", "kpc-2"),
            ("ESP_REVISION", "current"),
            ("DIALECTS", "ecs2ext,esp"),
            ("HANDLER_TIMEOUT", "1s"),
            ("GRACEFUL_SHUTDOWN_PERIOD", "2s"),
            ("NATS_TOKEN", "hunter2"),
            ("ADMIN_LISTEN", "off"),
        ];
        let config = load::<()>(&variables, &[]).unwrap();
        assert_eq!(config.service.instance.replica_id.unwrap(), "r-2");
        assert_eq!(config.service.communication_service.as_deref(), Some("kpc-2"));
        assert_eq!(config.service.esp_revision, Some(Revision::Current));
        assert_eq!(config.service.dialects, Some(vec![Dialect::Ecs2Ext, Dialect::Esp]));
        assert_eq!(config.limits.handler_timeout, Some(Duration::from_secs(1)));
        assert_eq!(config.limits.grace, Some(Duration::from_secs(2)));
        assert_eq!(config.nats.token, Some("hunter2".into()));
        assert_eq!(config.admin.listen, None);
        let config = load::<()>(&[("LIMITS_HANDLER_TIMEOUT", "1s"), ("HANDLER_TIMEOUT", "2s")], &[]).unwrap();
        assert_eq!(config.limits.handler_timeout, Some(Duration::from_secs(1)), "its own name goes first");
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_it_may_be() {
        for (variable, value, expected) in [
            ("HANDLER_TIMEOUT", "soon", "expected a duration"),
            ("ESP_REVISION", "next", "expected one of `seed`, `current`"),
            ("DIALECTS", "esp,kpsp", "expected one of `esp`, `ecs2ext`"),
            ("SERVICE_INSTANCE_NAME", "a.b", "is not a service instance name"),
        ] {
            let error = load::<()>(&[(variable, value)], &[]).unwrap_err();
            assert!(error.contains(variable) && error.contains(expected), "{error}");
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, Settings)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Greeting {
        /// What is said.
        text: String,
    }

    impl Default for Greeting {
        fn default() -> Self {
            Self { text: "Hello".to_owned() }
        }
    }

    #[test]
    fn settings_are_a_section_with_the_name_of_the_program() {
        let said = |variables: &[(&str, &str)], flags: &[&str]| {
            load::<Greeting>(variables, flags).unwrap().extension.text
        };
        assert_eq!(said(&[], &[]), "Hello");
        assert_eq!(said(&[("GREETER_TEXT", "Hi")], &[]), "Hi");
        assert_eq!(said(&[("GREETER_TEXT", "Hi"), ("EXTENSION_TEXT", "Ho")], &[]), "Ho");
        assert_eq!(said(&[("GREETER_TEXT", "Hi")], &["--extension.text", "Hey"]), "Hey");
    }

    #[test]
    fn an_unknown_setting_is_an_error_that_knows_what_was_meant() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "extension:\n  txet: Hello\n").unwrap();
        let error = Config::<Greeting>::read(file.path()).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("txet") && error.contains("`text`"), "{error}");
    }
}
