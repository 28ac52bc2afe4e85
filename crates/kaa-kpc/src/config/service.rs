//! `service`: who this is, and how it works.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_process::config::{InstanceConfig, Settings, duration};
use kaa_protocol::esp::Revision;
use serde::{Deserialize, Serialize};

use crate::relay::RelayOptions;

/// `service` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ServiceConfig {
    /// Which service this is (default: `kpc`), and which replica of it (default: a random one).
    pub instance: InstanceConfig,
    /// How long requests may take to be answered after SIGTERM. Default: 30 s.
    #[serde(with = "duration")]
    #[setting(variable = "GRACEFUL_SHUTDOWN_PERIOD")]
    pub graceful_shutdown: Duration,
    /// The revision of 4/ESP that is written: `seed` or `current`. Default: `seed`.
    pub esp_revision: Revision,
    /// How many threads serve. One costs the least CPU per request; more serve more. Default: 1.
    pub threads: NonZeroUsize,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            instance: InstanceConfig::default(),
            graceful_shutdown: Duration::from_secs(30),
            esp_revision: Revision::default(),
            threads: NonZeroUsize::MIN,
        }
    }
}

impl ServiceConfig {
    pub(super) fn apply(&self, relay: &mut RelayOptions) {
        if let Some(name) = &self.instance.name {
            relay.instance = name.clone();
        }
        if let Some(replica) = &self.instance.replica_id {
            relay.replica = replica.clone();
        }
        relay.revision = self.esp_revision;
    }
}
