//! What an operator can set of this service, beside what all services have.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kaa_ext::protocol::name::ServiceInstance;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// The SQLite file. Default: `epmx.sqlite` in the working directory.
    pub database: PathBuf,
    /// The services whose 15/EME events are merged into the metadata. Default: none.
    pub sources: BTreeSet<ServiceInstance>,
    /// How much metadata an endpoint may have.
    pub limits: Limits,
}

/// How much metadata an endpoint may have. What is stored already stays when a limit is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Limits {
    /// How many keys. Default: 1,000. One request cannot name more than that.
    pub keys: usize,
    /// How long the JSON of one value. Default: 16,384 bytes.
    pub value_bytes: usize,
    /// How long all keys and values together. Default: 262,144 bytes. An event may hold the old and the
    /// new ones, so this is to stay below half of what the bus takes in one message.
    pub bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { database: "epmx.sqlite".into(), sources: BTreeSet::new(), limits: Limits::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { keys: 1_000, value_bytes: 16 * 1024, bytes: 256 * 1024 }
    }
}
