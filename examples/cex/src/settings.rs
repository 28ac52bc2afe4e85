//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_ext::rest::RestConfig;
use kaa_ext::settings::{duration, size};
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// Where people give commands.
    pub rest: RestConfig,
    /// How long a command waits for its device, and its result for whoever asks.
    #[serde(with = "duration")]
    pub ttl: Duration,
    /// How many commands there may be, done or not.
    pub commands: usize,
    /// How many of them may be for one endpoint.
    pub per_endpoint: usize,
    /// How many bytes a command and a result may carry, such as `16KiB`.
    #[serde(with = "size")]
    pub payload: usize,
    /// To how many devices commands are pushed; the one that was quiet for longest has to ask again.
    pub observers: NonZeroUsize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rest: RestConfig::on_port(8103),
            ttl: Duration::from_secs(300),
            commands: 10_000,
            per_endpoint: 100,
            payload: 16 * 1024,
            observers: NonZeroUsize::MIN.saturating_add(9_999),
        }
    }
}
