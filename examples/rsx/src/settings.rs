//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_ext::settings::duration;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// How many endpoints are remembered; the one that was quiet for longest is forgotten for a new one.
    pub endpoints: NonZeroUsize,
    /// How many outcomes of one endpoint are remembered; the oldest is forgotten for a new one.
    pub per_endpoint: NonZeroUsize,
    /// How long an outcome is remembered.
    #[serde(with = "duration")]
    pub ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        const fn at_least_one(number: usize) -> NonZeroUsize {
            NonZeroUsize::MIN.saturating_add(number - 1)
        }
        Self {
            endpoints: at_least_one(10_000),
            per_endpoint: at_least_one(16),
            ttl: Duration::from_secs(600),
        }
    }
}
