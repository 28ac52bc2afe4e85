//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_ext::rest::RestConfig;
use kaa_ext::settings::{duration, set, size};
use kaa_ext::{ConfigError, Variable};
use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// `extension.rest`: where people give commands.
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

impl kaa_ext::Settings for Settings {
    const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "CEX_TTL",
            expected: duration::EXPECTED,
            set: |settings, text| set(&mut settings.ttl, duration::parse(text)?),
        },
        Variable {
            name: "CEX_COMMANDS",
            expected: "a number",
            set: |settings, text| set(&mut settings.commands, text.parse::<usize>().ok()?),
        },
        Variable {
            name: "CEX_PER_ENDPOINT",
            expected: "a number",
            set: |settings, text| set(&mut settings.per_endpoint, text.parse::<usize>().ok()?),
        },
        Variable {
            name: "CEX_PAYLOAD",
            expected: size::EXPECTED,
            set: |settings, text| set(&mut settings.payload, size::parse::<usize>(text)?),
        },
        Variable {
            name: "CEX_OBSERVERS",
            expected: "a number from 1",
            set: |settings, text| set(&mut settings.observers, text.parse::<NonZeroUsize>().ok()?),
        },
    ];

    fn apply(&mut self, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        kaa_ext::settings::apply(&mut self.rest, RestConfig::VARIABLES, environment)?;
        kaa_ext::settings::apply(self, Self::VARIABLES, environment)
    }
}
