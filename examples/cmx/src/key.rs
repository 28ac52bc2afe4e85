//! Whose configuration, and which.

use kaa_ext::prelude::*;

/// One configuration of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) app_version: AppVersion,
    pub(crate) endpoint: EndpointId,
    /// `None` for the one without a name.
    pub(crate) name: Option<ConfigName>,
}
