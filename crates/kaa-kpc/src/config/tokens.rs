//! `tokens`: which endpoints tokens stand for.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_process::config::{Settings, duration};
use kaa_protocol::name::ServiceInstance;
use serde::{Deserialize, Serialize};

use crate::identity::tokens::{ProviderOptions, StaticToken, TokensOptions};

/// `tokens` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(tag = "mode", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum TokensConfig {
    /// Every token is its own endpoint ID. For development: whoever can connect can be any endpoint.
    // With braces, or serde would not mind further entries.
    Trustful {},
    /// A table.
    Static {
        /// One entry for each token.
        table: Vec<StaticToken>,
    },
    /// A provider on the bus that speaks 16/ECAP.
    Ecap {
        /// Its service instance name.
        provider: ServiceInstance,
        /// How long it may take. Default: 5 s.
        #[serde(default, with = "duration::optional")]
        timeout: Option<Duration>,
        /// How many tokens are remembered. Default: 100,000.
        #[serde(default)]
        known: Option<NonZeroUsize>,
        /// For how long, unless they are revoked. Default: 5 min.
        #[serde(default, with = "duration::optional")]
        known_for: Option<Duration>,
    },
}

impl TokensConfig {
    pub(super) fn options(&self) -> TokensOptions {
        match self {
            Self::Trustful {} => TokensOptions::Trustful,
            Self::Static { table } => TokensOptions::Table(table.clone()),
            Self::Ecap { provider, timeout, known, known_for } => {
                let usual = ProviderOptions::new(provider.clone());
                TokensOptions::Provider(ProviderOptions {
                    timeout: timeout.unwrap_or(usual.timeout),
                    known: known.unwrap_or(usual.known),
                    known_for: known_for.unwrap_or(usual.known_for),
                    ..usual
                })
            }
        }
    }
}
