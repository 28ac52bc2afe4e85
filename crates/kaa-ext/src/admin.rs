//! The port for operators beside an extension: whether it can serve, and what it has counted.

use std::time::Duration;

use kaa_bus::{Bus, Connection};
use kaa_process::admin::{Admin, AdminConfig, AdminError, AdminServer};
use kaa_process::metrics;
use prometheus_client::registry::Registry;

use crate::serve::Server;

/// How long the bus may take to say whether it is there. A server that stands still is found out by the first
/// one who asks, and not by the connection's own pings, which take three intervals.
const ROUND_TRIP: Duration = Duration::from_secs(1);

/// Opens the port where the configuration says, or not at all.
pub(crate) async fn open(
    config: &AdminConfig,
    server: &Server,
    bus: &Bus,
) -> Result<Option<AdminServer>, AdminError> {
    let mut registry = Registry::default();
    let counters = server.read_counters();
    let read = move || counters().each().collect::<Vec<_>>();
    registry.register_collector(metrics::counters("kaa_ext", read));
    let connected = bus.clone();
    registry.register_collector(metrics::gauge(
        "kaa_ext_bus_connected",
        "Whether the bus is there: 1 or 0.",
        move || u64::from(connected.connection() == Connection::Connected),
    ));
    let checked = bus.clone();
    let is_there = move || {
        let bus = checked.clone();
        async move { bus.fence(ROUND_TRIP).await }
    };
    Admin::new().registry(registry).ready("bus", is_there).bind_as(config).await
}
