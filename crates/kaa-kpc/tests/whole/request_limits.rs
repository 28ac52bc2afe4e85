//! How many endpoints and requests a connection may have.

use crate::device::{V5, V311};
use crate::world::World;

#[tokio::test]
async fn a_connection_speaks_for_so_many_endpoints_and_one_more_is_429() {
    let world = World::new().await;
    let service = world.serve_with(|options| options.relay.endpoints_per_connection = 3).await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        for endpoint in ["ep-1", "ep-2", "ep-3"] {
            let topic = format!("v1/ext/{endpoint}/echo/1");
            assert_eq!(device.ask(&topic).await.0, "status", "{endpoint}");
        }
        assert_eq!(device.refused("v1/ext/ep-4/echo/1").await, 429);
        assert_eq!(device.ask("v1/ext/ep-1/echo/2").await.0, "status");
        // It is the limit of a connection, not of all.
        let mut other = service.device(version, "b").await;
        assert_eq!(other.ask("v1/ext/ep-4/echo/1").await.0, "status");
    }
}

#[tokio::test]
async fn a_connection_waits_for_so_many_answers_and_one_more_is_429() {
    let world = World::new().await;
    let service = world.serve_with(|options| options.relay.in_flight_per_connection = 3).await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        // An extension takes the requests of an endpoint one by one, so each has its own.
        for id in 1..=2 {
            device.publish(&format!("v1/ext/ep-{id}/hold/{id}"), b"").await;
        }
        world.gate.has_held(2).await;
        // The last place is free: this one takes it, and gives it back.
        assert_eq!(device.ask("v1/ext/ep-3/echo/3").await.0, "status");
        device.publish("v1/ext/ep-3/hold/3", b"").await;
        world.gate.has_held(1).await;
        assert_eq!(device.refused("v1/ext/ep-1/echo/4").await, 429);
        // It is the limit of a connection, not of all.
        let mut other = service.device(version, "b").await;
        assert_eq!(other.ask("v1/ext/ep-4/echo/1").await.0, "status");

        world.gate.open(3);
        for _ in 1..=3 {
            assert_eq!(device.next().await.1, "held");
        }
        assert_eq!(device.ask("v1/ext/ep-1/echo/5").await.0, "status");
    }
}

#[tokio::test]
async fn as_many_as_the_service_has_places_wait_and_one_more_is_503() {
    let world = World::new().await;
    let service = world.serve_with(|options| options.relay.in_flight = 2).await;
    let (mut one, mut web) = (service.device(V5, "a").await, service.web().await);
    one.publish("v1/ext/ep-1/hold/1", b"").await;
    web.send("v1/ext/ep-2/hold", None).await;
    world.gate.has_held(2).await;
    assert_eq!(service.device(V5, "b").await.refused("v1/ext/ep-1/echo/1").await, 503);
    assert_eq!(service.web().await.ask("v1/ext/ep-1/echo").await.0, 503);
    world.gate.open(2);
    assert_eq!(one.next().await.1, "held");
    assert_eq!(web.reply().await, (200, "held".into()));
    assert_eq!(one.ask("v1/ext/ep-1/echo/2").await.0, "status");
}
