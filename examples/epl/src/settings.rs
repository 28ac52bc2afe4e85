//! What an operator can set of this service, beside what all services have.

use std::num::NonZeroUsize;

use kaa_ext::Variable;
use kaa_ext::protocol::name::Token;
use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// `series`: the time series that gets a 1 when an endpoint connects and a 0 when it leaves. Default:
    /// `auto~connected`.
    pub series: Token,
    /// `remembered`: how many endpoints are remembered with where they are; the one heard of longest ago makes
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

impl kaa_ext::Settings for Settings {
    const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "EPL_SERIES",
            expected: "the name of a time series: visible ASCII without '.', '*' and '>'",
            set: |settings, name| {
                settings.series = name.parse().ok()?;
                Some(())
            },
        },
        Variable {
            name: "EPL_REMEMBERED",
            expected: "a number of endpoints, at least 1",
            set: |settings, number| {
                settings.remembered = number.parse().ok()?;
                Some(())
            },
        },
    ];
}
