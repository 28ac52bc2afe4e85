//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use kaa_ext::rest::RestConfig;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// The SQLite file. Default: `ccm.sqlite` in the working directory.
    pub database: PathBuf,
    /// How many passwords are hashed at once, each on a thread of its own with 19 MiB for some 50 ms;
    /// further ones wait. Default: half the processors.
    pub hashes: NonZeroUsize,
    /// Where tokens and credentials are managed. Default: port 8104 of the loopback interface.
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
