//! The paths of the REST ports, as far as the operator and the lines to copy need them.

use crate::APP_VERSION;

/// The configuration of a device, at `cdp`.
pub(crate) fn configuration(endpoint: &str) -> String {
    format!("/app-versions/{APP_VERSION}/endpoints/{endpoint}/config")
}

/// The command of a device, at `cex`, which answers when the device has.
pub(crate) fn command(endpoint: &str) -> String {
    format!("/endpoints/{endpoint}/commands/blink?await=10s")
}

/// A time series of a device, at `epts`.
pub(crate) fn series(endpoint: &str, name: &str) -> String {
    format!("/endpoints/{endpoint}/series/{name}")
}
