//! The port for operators beside an extension: whether it can serve, and what it has counted.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use kaa_bus::Connection;
use kaa_process::admin::Admin;
use kaa_process::metrics;
use prometheus_client::registry::Registry;

use crate::counters::Counters;
use crate::describe::Description;
use crate::figures;
use crate::run::Watched;

const JSON: &str = "application/json";

/// How long the bus may take to say whether it is there. A server that stands still is found out by the first
/// one who asks, and not by the connection's own pings, which take three intervals.
const ROUND_TRIP: Duration = Duration::from_secs(1);

/// What the port tells, of all shards together.
pub(crate) fn of(servers: Vec<String>, shards: Vec<Watched>) -> Admin {
    let mut registry = Registry::default();
    // All shards are the same, so the first one tells what they are.
    let description = shards.first().map(|first| Description { servers, ..(*first.description).clone() });
    let figures = shards.iter().map(|shard| shard.figures.clone()).collect();
    let (buses, counters): (Vec<_>, Vec<_>) =
        shards.into_iter().map(|Watched { bus, counters, .. }| (bus, counters)).unzip();
    let all = move || counters.iter().fold(Counters::default(), |all, counters| all.and(counters()));
    let all = Arc::new(all);
    let read = all.clone();
    registry.register_collector(metrics::counters("kaa_ext", move || read().each().collect::<Vec<_>>()));
    registry.register_collector(metrics::gauge(
        "kaa_ext_in_flight",
        "Messages that nothing has become of yet: handlers that wait, and what stands in line behind them.",
        move || all().in_flight(),
    ));
    registry.register_collector(figures::collector(figures));
    let reconnecting = buses.clone();
    registry.register_collector(metrics::counters("kaa_ext_bus", move || {
        let reconnects = reconnecting.iter().map(|bus| bus.stats().reconnects).sum();
        [("reconnects", "How often the connection to the bus came back after it was lost.", reconnects)]
    }));
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
    let admin = Admin::new().registry(registry).ready("bus", are_there);
    match description.map(Arc::new) {
        Some(description) => described(admin, &description),
        None => admin,
    }
}

/// With the pages that say what the extension is.
fn described(admin: Admin, description: &Arc<Description>) -> Admin {
    let [routes, document, page] = [(); 3].map(|()| description.clone());
    admin
        .page("/routes", JSON, "what the extension answers and hears, as JSON", move || {
            serde_json::to_string_pretty(&*routes).unwrap_or_default()
        })
        .page("/asyncapi.json", JSON, "the same as an AsyncAPI document", move || {
            format!("{:#}", document.asyncapi())
        })
        .page("/asyncapi", "text/html; charset=utf-8", "the same to read", move || page.html())
}
