//! One configuration in layers: defaults, below a file, below the environment, below flags.
//!
//! ```text
//!  struct Config ──serde──► which entries there are (shape, key)
//!        │                       │
//!        │ Default               ├─ names: nats.urls, NATS_URLS, --nats.urls
//!        ▼                       ▼
//!     defaults < file (yaml) < environment < flags      (layer, command_line)
//!                    └──────────┬───────────┘
//!                       entries with origins (node)
//!                               │ serde (typed)
//!                               ▼
//!                   Config ──► --print-config (report), --help and the book (help)
//! ```
//!
//! A configuration is a struct with a default for every entry, and nothing else: no table says which entries there
//! are, because serde can be asked, and their names in the other layers follow from that in the file. `Settings`
//! adds what serde does not know: what they mean. What a layer does not mention stays as the layer below has it.
//!
//! ```
//! use std::time::Duration;
//!
//! use kaa_process::config::{Environment, InstanceConfig, Layers, NatsConfig, Program, Settings, duration};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Default, Serialize, Deserialize, Settings)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Config {
//!     service: ServiceConfig,
//!     nats: NatsConfig,
//!     /// How long a greeting may take.
//!     #[serde(with = "duration::optional")]
//!     greeting_timeout: Option<Duration>,
//! }
//!
//! #[derive(Debug, Default, Serialize, Deserialize, Settings)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct ServiceConfig {
//!     instance: InstanceConfig,
//! }
//!
//! // A program has `Layers::of_process(kaa_process::program!())`.
//! let environment = Environment::from([("GREETING_TIMEOUT".to_owned(), "5s".to_owned())]);
//! let flags = ["--nats.urls", "nats://a:4222, nats://b:4222"].map(str::to_owned);
//! let layers = Layers::<Config>::new(Program::new("greeter", "0.1.0", "Greets"), environment, flags)?;
//! let loaded = layers.load()?;
//! assert_eq!(loaded.config.greeting_timeout, Some(Duration::from_secs(5)));
//! assert_eq!(loaded.config.nats.urls, ["nats://a:4222", "nats://b:4222"]);
//! assert_eq!(loaded.origin("nats.urls").to_string(), "--nats.urls");
//! # Ok::<(), kaa_process::config::ConfigError>(())
//! ```

mod command_line;
pub mod duration;
mod error;
mod file;
mod help;
mod instance;
mod key;
mod layer;
mod layers;
pub mod listen;
mod nats;
mod node;
mod origin;
mod program;
mod refused;
mod report;
mod secret;
mod settings;
mod shape;
pub mod size;
mod typed;
mod yaml;

/// What the derived code calls.
pub(crate) mod private {
    pub use super::settings::{Entry, Of, Otherwise, Settings};
}

pub use command_line::Wish;
pub use error::ConfigError;
pub use instance::InstanceConfig;
pub use kaa_ext_macros::ProcessSettings as Settings;
pub use layer::{Environment, environment};
pub use layers::{FILE, Layers, Loaded, read};
pub use nats::{NatsConfig, NatsConfigError, TlsConfig};
pub use origin::Origin;
pub use program::{Command, Program, Switch};
pub use report::{Report, print};
pub use secret::{Secret, SecretError};
pub use settings::{Entry, Settings};
