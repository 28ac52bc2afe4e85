//! How a service ends.

use std::time::Duration;

use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};

use crate::device::{End, V5, V311, status_code};
use crate::world::{World, closed, in_time};

const GRACE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn requests_that_wait_are_answered_and_then_all_is_closed() {
    let world = World::new().await;
    let service = world.serve_with(|_| {}).await;
    let [mqtt, http] = ["mqtt", "http"].map(|name| service.address(name));
    let (mut old, mut new) = (service.device(V311, "a").await, service.device(V5, "b").await);
    let (mut web, idle, idle_web) = (service.web().await, service.device(V5, "c").await, service.web().await);
    old.publish("v1/ext/ep-1/hold/1", b"").await;
    new.publish("v1/ext/ep-2/hold/2", b"").await;
    web.send("v1/ext/ep-3/hold", None).await;
    world.gate.has_held(3).await;

    let devices = async {
        // Nobody else comes in, while the others still wait.
        closed(mqtt).await;
        closed(http).await;
        world.gate.open(3);
        assert_eq!(old.next().await, ("kp1/v1/ext/ep-1/hold/1/status".into(), "held".into()));
        assert_eq!(new.next().await, ("kp1/v1/ext/ep-2/hold/2/status".into(), "held".into()));
        assert_eq!(web.reply().await, (200, "held".into()));
        assert_eq!(old.end().await, End::Silent);
        assert_eq!(new.end().await, End::Disconnect(0x8b));
        assert_eq!(idle.end().await, End::Disconnect(0x8b));
        web.end().await;
        idle_web.end().await;
    };
    let (cut, ()) = in_time(async { tokio::join!(service.kpc.stop(GRACE), devices) }).await;
    assert_eq!(cut, 0);
    assert_eq!((service.kpc.connections(), service.kpc.sessions()), (0, 0));
    closed(mqtt).await;
    closed(http).await;
    // Once more does nothing.
    assert_eq!(in_time(service.kpc.stop(GRACE)).await, 0);
}

#[tokio::test]
async fn answers_that_do_not_come_within_the_grace_are_503() {
    let world = World::new().await;
    let service = world.serve_with(|_| {}).await;
    let (mut device, mut web) = (service.device(V5, "a").await, service.web().await);
    device.publish("v1/ext/ep-1/hold/1", b"").await;
    web.send("v1/ext/ep-2/hold", None).await;
    world.gate.has_held(2).await;
    let devices = async {
        let (topic, payload) = device.next().await;
        assert_eq!((&*topic, status_code(&payload)), ("kp1/v1/ext/ep-1/hold/1/error", 503));
        assert_eq!(device.end().await, End::Disconnect(0x8b));
        assert_eq!(web.reply().await.0, 503);
        web.end().await;
    };
    let (cut, ()) = in_time(async { tokio::join!(service.kpc.stop(Duration::ZERO), devices) }).await;
    assert_eq!(cut, 0);
}

#[tokio::test]
async fn a_service_that_is_dropped_closes_everything() {
    let world = World::new().await;
    let service = world.serve_with(|_| {}).await;
    let [mqtt, http] = ["mqtt", "http"].map(|name| service.address(name));
    let mut device = service.device(V5, "a").await;
    assert_eq!(device.ask("v1/ext/ep-1/echo/1").await.0, "status");
    let (mut web, silent) = (service.web().await, service.web().await);
    assert_eq!(web.ask("v1/ext/ep-1/echo").await.0, 200);

    drop(service);
    assert_eq!(device.end().await, End::Silent);
    web.end().await;
    silent.end().await;
    closed(mqtt).await;
    closed(http).await;

    // Another one can take its place at once.
    let again = |options: &mut KpcOptions| {
        options.listeners =
            vec![ListenerOptions::new(Transport::Mqtt, mqtt), ListenerOptions::new(Transport::Http, http)];
    };
    let service = world.serve_with(again).await;
    assert_eq!(service.device(V5, "a").await.ask("v1/ext/ep-1/echo/1").await.0, "status");
}

#[tokio::test]
async fn a_service_that_is_dropped_lets_nobody_wait() {
    let world = World::new().await;
    let service = world.serve_with(|_| {}).await;
    let (mut device, mut web) = (service.device(V5, "a").await, service.web().await);
    device.publish("v1/ext/ep-1/hold/1", b"").await;
    web.send("v1/ext/ep-2/hold", None).await;
    world.gate.has_held(2).await;
    drop(service);
    assert_eq!(device.end().await, End::Silent);
    web.end().await;
}

#[tokio::test]
async fn a_service_that_does_not_start_leaves_nothing_behind() {
    let world = World::new().await;
    let service = world.serve_with(|_| {}).await;
    let taken = service.address("mqtt");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listeners =
        [ListenerOptions::new(Transport::Http, free), ListenerOptions::new(Transport::Mqtt, taken)];
    let refused = Kpc::start(world.server.connect(), KpcOptions::trustful(listeners)).await;
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("listen.mqtt") && said.contains(&taken.to_string()), "{said}");
    closed(free).await;
    // The one that has the port has not noticed.
    assert_eq!(service.device(V5, "a").await.ask("v1/ext/ep-1/echo/1").await.0, "status");
}
