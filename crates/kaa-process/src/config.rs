//! Configuration in layers: defaults, below a file, below the environment, below flags.
//!
//! A configuration is a struct with a default for every entry. The file is YAML ([`read`]); environment and
//! command line are tables of [`Variable`]s, each of which puts text into one entry ([`apply`]). What a layer
//! does not mention stays as the layer below has it.
//!
//! ```
//! use std::time::Duration;
//!
//! use kaa_process::config::{self, InstanceConfig, NatsConfig, Variable, duration, set};
//! use serde::Deserialize;
//!
//! #[derive(Debug, Default, Deserialize)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Config {
//!     service: ServiceConfig,
//!     nats: NatsConfig,
//!     #[serde(with = "duration::optional")]
//!     greeting_timeout: Option<Duration>,
//! }
//!
//! #[derive(Debug, Default, Deserialize)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct ServiceConfig {
//!     instance: InstanceConfig,
//! }
//!
//! const VARIABLES: &[Variable<Config>] = &[Variable {
//!     name: "GREETING_TIMEOUT",
//!     expected: duration::EXPECTED,
//!     set: |config, text| set(&mut config.greeting_timeout, duration::parse(text)?),
//! }];
//!
//! /// What `clap` found on the command line comes last, with the names as the user wrote them.
//! const FLAGS: &[Variable<Config>] = &[Variable {
//!     name: "--nats",
//!     expected: "URLs, separated by commas",
//!     set: |config, text| set(&mut config.nats.urls, config::listed(text)),
//! }];
//!
//! fn load(flag: impl Fn(&str) -> Option<String>) -> Result<Config, config::ConfigError> {
//!     let mut config: Config = config::read_or_default(config::environment(config::FILE))?;
//!     config::apply(&mut config.service.instance, InstanceConfig::VARIABLES, config::environment)?;
//!     config::apply(&mut config.nats, NatsConfig::VARIABLES, config::environment)?;
//!     config::apply(&mut config, VARIABLES, config::environment)?;
//!     config::apply(&mut config, FLAGS, flag)?;
//!     Ok(config)
//! }
//!
//! let config = load(|flag| (flag == "--nats").then(|| "nats://a:4222, nats://b:4222".to_owned()))?;
//! assert_eq!(config.nats.urls, ["nats://a:4222", "nats://b:4222"]);
//! # Ok::<(), config::ConfigError>(())
//! ```

pub mod duration;
mod error;
mod file;
mod instance;
pub mod listen;
mod nats;
mod secret;
pub mod size;
mod variable;
mod yaml;

pub use error::ConfigError;
pub use file::{read, read_or_default};
pub use instance::InstanceConfig;
pub use nats::{NatsConfig, NatsConfigError, TlsConfig};
pub use secret::{Secret, SecretError};
pub use variable::{FILE, Variable, apply, environment, listed, set};
