//! The port for operators beside an extension: whether it can serve, and what it has counted.

use std::time::Duration;

use futures_util::future::try_join_all;
use kaa_bus::Connection;
use kaa_process::admin::{Admin, AdminConfig, AdminError, AdminServer};
use kaa_process::metrics;
use prometheus_client::registry::Registry;

use crate::counters::Counters;
use crate::run::Watched;

/// How long the bus may take to say whether it is there. A server that stands still is found out by the first
/// one who asks, and not by the connection's own pings, which take three intervals.
const ROUND_TRIP: Duration = Duration::from_secs(1);

/// Opens the port where the configuration says, or not at all. It tells of all shards together.
pub(crate) async fn open(
    config: &AdminConfig,
    shards: Vec<Watched>,
) -> Result<Option<AdminServer>, AdminError> {
    let mut registry = Registry::default();
    let (buses, counters): (Vec<_>, Vec<_>) =
        shards.into_iter().map(|Watched { bus, counters }| (bus, counters)).unzip();
    let read = move || {
        let all = counters.iter().fold(Counters::default(), |all, counters| all.and(counters()));
        all.each().collect::<Vec<_>>()
    };
    registry.register_collector(metrics::counters("kaa_ext", read));
    let connected = buses.clone();
    registry.register_collector(metrics::gauge(
        "kaa_ext_bus_connected",
        "Whether the bus is there: 1 or 0.",
        move || u64::from(connected.iter().all(|bus| bus.connection() == Connection::Connected)),
    ));
    let are_there = move || {
        let buses = buses.clone();
        async move { try_join_all(buses.iter().map(|bus| bus.fence(ROUND_TRIP))).await.map(drop) }
    };
    Admin::new().registry(registry).ready("bus", are_there).bind_as(config).await
}
