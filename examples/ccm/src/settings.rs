//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use kaa_ext::rest::RestConfig;
use kaa_ext::{ConfigError, Variable};
use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// `database`: the SQLite file. Default: `ccm.sqlite` in the working directory.
    pub database: PathBuf,
    /// `hashes`: how many passwords are hashed at once, each on a thread of its own with 19 MiB for some 50 ms;
    /// further ones wait. Default: half the processors.
    pub hashes: NonZeroUsize,
    /// `rest`: where tokens and credentials are managed. Default: port 8104 of the loopback interface.
    pub rest: RestConfig,
}

impl Default for Settings {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            database: "ccm.sqlite".into(),
            hashes: NonZeroUsize::new(processors / 2).unwrap_or(NonZeroUsize::MIN),
            rest: RestConfig::on_port(8104),
        }
    }
}

impl kaa_ext::Settings for Settings {
    const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "CCM_DATABASE",
            expected: "the path of a file",
            set: |settings, path| {
                settings.database = path.into();
                Some(())
            },
        },
        Variable {
            name: "CCM_HASHES",
            expected: "a number of passwords, at least 1",
            set: |settings, number| {
                settings.hashes = number.parse().ok()?;
                Some(())
            },
        },
    ];

    fn apply(&mut self, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        kaa_ext::settings::apply(self, Self::VARIABLES, environment)?;
        kaa_ext::settings::apply(&mut self.rest, RestConfig::VARIABLES, environment)
    }
}
