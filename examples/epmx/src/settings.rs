//! What an operator can set of this service, beside what all services have.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kaa_ext::Variable;
use kaa_ext::protocol::name::ServiceInstance;
use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// `database`: the SQLite file. Default: `epmx.sqlite` in the working directory.
    pub database: PathBuf,
    /// `sources`: the services whose 15/EME events are merged into the metadata. Default: none.
    pub sources: BTreeSet<ServiceInstance>,
    /// `limits`: how much metadata an endpoint may have.
    pub limits: Limits,
}

/// How much metadata an endpoint may have. What is stored already stays when a limit is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Limits {
    /// `keys`: how many keys. Default: 1,000, which is also the most that one request can name.
    pub keys: usize,
    /// `value-bytes`: how long the JSON of one value. Default: 16,384 bytes.
    pub value_bytes: usize,
    /// `bytes`: how long all keys and values together. Default: 262,144 bytes. An event may hold the old and the
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

impl kaa_ext::Settings for Settings {
    const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "EPMX_DATABASE",
            expected: "the path of a file",
            set: |settings, path| {
                settings.database = path.into();
                Some(())
            },
        },
        Variable {
            name: "EPMX_SOURCES",
            expected: "names of service instances, separated by commas",
            set: |settings, names| {
                let names: Result<_, _> = names.split(',').map(|name| name.trim().parse()).collect();
                settings.sources = names.ok()?;
                Some(())
            },
        },
    ];
}
