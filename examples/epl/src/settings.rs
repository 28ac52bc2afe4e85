//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;

use kaa_ext::protocol::name::Token;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// The time series that gets a 1 when an endpoint connects and a 0 when it leaves. Default:
    /// `auto~connected`.
    pub series: Token,
    /// How many endpoints are remembered with where they are; the one heard of longest ago makes
    /// room. Default: 100,000, of about 200 bytes each.
    pub remembered: NonZeroUsize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            series: Token::from_static("auto~connected"),
            remembered: const { NonZeroUsize::new(100_000).unwrap() },
        }
    }
}
