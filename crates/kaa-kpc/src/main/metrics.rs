//! What `/metrics` shows.

use std::sync::Arc;

use kaa_bus::{Bus, Connection};
use kaa_kpc::Kpc;
use kaa_process::metrics::{counters, gauge};
use prometheus_client::registry::Registry;

/// All figures of the service and its bus.
pub(crate) fn registry(kpc: &Arc<Kpc>, bus: &Bus) -> Registry {
    let mut registry = Registry::default();
    macro_rules! export {
        ($($part:ident)*) => {$({
            let kpc = Arc::clone(kpc);
            let read = move || kpc.counters().$part.each().collect::<Vec<_>>();
            registry.register_collector(counters(concat!("kaa_kpc_", stringify!($part)), read));
        })*};
    }
    export! { listen front http clients tokens relay }
    let lost = {
        let bus = bus.clone();
        move || {
            vec![(
                "lost",
                "Messages dropped because they came faster than they were taken.",
                bus.stats().lost,
            )]
        }
    };
    registry.register_collector(counters("kaa_kpc_bus", lost));
    let of = |read: fn(&Kpc) -> usize| {
        let kpc = Arc::clone(kpc);
        move || read(&kpc)
    };
    registry.register_collector(gauge(
        "kaa_kpc_connections",
        "Connections of devices.",
        of(Kpc::connections),
    ));
    registry.register_collector(gauge(
        "kaa_kpc_connections_before_login",
        "Those of them whose client is not known yet.",
        of(Kpc::connections_before_login),
    ));
    registry.register_collector(gauge("kaa_kpc_sessions", "MQTT sessions.", of(Kpc::sessions)));
    let in_flight = {
        let kpc = Arc::clone(kpc);
        move || kpc.counters().relay.in_flight()
    };
    registry.register_collector(gauge(
        "kaa_kpc_requests_in_flight",
        "Requests that wait for their end.",
        in_flight,
    ));
    let is_connected = {
        let bus = bus.clone();
        move || u64::from(bus.connection() == Connection::Connected)
    };
    registry.register_collector(gauge(
        "kaa_kpc_bus_connected",
        "Whether the bus is there: 1 or 0.",
        is_connected,
    ));
    registry
}
