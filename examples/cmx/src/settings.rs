//! What an operator can set of this service, beside what all services have.

use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {}

impl kaa_ext::Settings for Settings {}
