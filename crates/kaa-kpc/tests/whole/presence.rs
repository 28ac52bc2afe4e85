//! What others hear about the endpoints of connections (9/ELCE).

use std::time::Duration;

use kaa_bus::{Delivery, Events};
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_protocol::name::ServiceInstance;

use crate::device::{End, V5, V311};
use crate::provider::{Provider, tokens};
use crate::world::{World, in_time};

/// Somebody who listens.
struct Listener {
    connected: Events<ConnectedEvent>,
    disconnected: Events<DisconnectedEvent>,
}

impl Listener {
    async fn new(world: &World) -> Self {
        let (messaging, kpc) = (world.messaging("listener"), ServiceInstance::from_static("kpc"));
        Self {
            connected: messaging.listen(Some(&kpc), Delivery::EveryReplica).await.unwrap(),
            disconnected: messaging.listen(Some(&kpc), Delivery::EveryReplica).await.unwrap(),
        }
    }

    /// The endpoints of the next event about some that have come.
    async fn connected(&mut self) -> String {
        let event = in_time(self.connected.next()).await.unwrap().unwrap();
        event.endpoints.keys().collect::<Vec<_>>().join(" ")
    }

    /// The same about some that are gone.
    async fn disconnected(&mut self) -> String {
        let event = in_time(self.disconnected.next()).await.unwrap().unwrap();
        event.endpoints.keys().collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test]
async fn the_end_of_a_connection_with_two_endpoints_is_one_event() {
    let world = World::new().await;
    let mut listener = Listener::new(&world).await;
    let service = world.serve_with(|_| {}).await;
    for version in [V311, V5] {
        let mut device = service.device(version, "a").await;
        for endpoint in ["ep-1", "ep-2"] {
            assert_eq!(device.ask(&format!("v1/ext/{endpoint}/echo/1")).await.0, "status");
        }
        // Together or one by one: as it comes.
        let mut come = listener.connected().await;
        if come == "ep-1" {
            come = format!("{come} {}", listener.connected().await);
        }
        assert_eq!(come, "ep-1 ep-2");
        device.leave().await;
        assert_eq!(listener.disconnected().await, "ep-1 ep-2");

        // If there were a second event, it would come before this one.
        let mut next = service.device(version, "b").await;
        assert_eq!(next.ask("v1/ext/ep-3/echo/1").await.0, "status");
        assert_eq!(listener.connected().await, "ep-3");
        drop(next);
        assert_eq!(listener.disconnected().await, "ep-3");
    }
}

#[tokio::test]
async fn an_endpoint_that_goes_on_after_a_takeover_is_not_gone() {
    let world = World::new().await;
    let mut listener = Listener::new(&world).await;
    // Long enough to be used again meanwhile, on any machine.
    let delay = Duration::from_millis(300);
    let service = world.serve_with(|options| options.relay.presence_delay = delay).await;
    for version in [V311, V5] {
        let mut former = service.device(version, "a").await;
        for endpoint in ["ep-1", "ep-2"] {
            assert_eq!(former.ask(&format!("v1/ext/{endpoint}/echo/1")).await.0, "status");
        }
        assert_eq!(listener.connected().await, "ep-1 ep-2");

        let mut latter = service.device(version, "a").await;
        assert_eq!(latter.ask("v1/ext/ep-1/echo/2").await, ("status".into(), "hello".into()));
        assert_eq!(former.end().await, End::because(0x8e, version));
        // Only the other one is gone. Whoever listens is told anew of the one that goes on, and that is all.
        assert_eq!(listener.disconnected().await, "ep-2");
        assert_eq!(listener.connected().await, "ep-1");

        latter.leave().await;
        assert_eq!(listener.disconnected().await, "ep-1");
    }
    assert_eq!(service.kpc.counters().front.taken_over, 2);
}

#[tokio::test]
async fn the_endpoints_of_a_session_that_is_cut_are_gone() {
    let world = World::new().await;
    let (mut listener, provider) = (Listener::new(&world).await, Provider::start(&world).await);
    let service = world.serve_with(|options| options.tokens = tokens()).await;
    let mut device = service.device(V5, "a").await;
    assert_eq!(device.ask("v1/ext/good-1/echo/1").await.0, "status");
    // By its ID, not by its token.
    assert_eq!(listener.connected().await, "ep-1");
    provider.revoke_token("1").await;
    assert_eq!(listener.disconnected().await, "ep-1");
    assert_eq!(device.end().await, End::Disconnect(0x87));
}

#[tokio::test]
async fn the_endpoints_of_a_service_that_stops_are_gone() {
    let world = World::new().await;
    let mut listener = Listener::new(&world).await;
    let service = world.serve_with(|_| {}).await;
    let (mut device, mut web) = (service.device(V5, "a").await, service.web().await);
    assert_eq!(device.ask("v1/ext/ep-1/echo/1").await.0, "status");
    assert_eq!(listener.connected().await, "ep-1");
    // Who comes by HTTP is not connected.
    assert_eq!(web.ask("v1/ext/ep-2/echo").await.0, 200);
    drop(web);
    let (_, end) = in_time(async { tokio::join!(service.kpc.stop(Duration::ZERO), device.end()) }).await;
    assert_eq!(end, End::Disconnect(0x8b));
    assert_eq!(listener.disconnected().await, "ep-1");
}
