//! The paths of the REST ports, as far as the operator and the lines to copy need them.

use crate::APP_VERSION;

/// The configuration of a device, at `cdp`.
pub(crate) fn configuration(endpoint: &str) -> String {
    format!("/app-versions/{APP_VERSION}/endpoints/{endpoint}/config")
}

/// The commands for a device, at `cex`.
pub(crate) fn commands(endpoint: &str) -> String {
    format!("/app-versions/{APP_VERSION}/endpoints/{endpoint}/commands/blink")
}

/// A time series of a device, at `epts`.
pub(crate) fn series(endpoint: &str, name: &str) -> String {
    format!("/endpoints/{endpoint}/series/{name}")
}
