//! What an operator can set of this service, beside what all services have.

use std::time::Duration;

use kaa_ext::prelude::ServiceInstance;
use kaa_ext::protocol::dcp::Limits;
use kaa_ext::settings::duration;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// The reliable receivers: a device gets its 200 when each of them has confirmed its samples. Default:
    /// none, and a device gets it when they are published.
    pub receivers: Vec<ServiceInstance>,
    /// How long a receiver may take to confirm. Default: 5 s.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// The samples of one batch; a larger one is refused. Default: 10,000.
    pub max_samples: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let max_samples = Limits::default().samples;
        Self { receivers: Vec::new(), timeout: Duration::from_secs(5), max_samples }
    }
}

/// A setting nothing could be collected under.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("extension.{entry} is zero: no samples could be collected; give it a larger value")]
pub(crate) struct Zero {
    entry: &'static str,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), Zero> {
        let zero = [("timeout", self.timeout.is_zero()), ("max-samples", self.max_samples == 0)];
        let found = zero.into_iter().find(|(_, is_zero)| *is_zero);
        found.map_or(Ok(()), |(entry, _)| Err(Zero { entry }))
    }
}
