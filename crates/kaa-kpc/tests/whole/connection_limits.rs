//! How many may connect, and how fast they are read.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use crate::device::{Device, V5, V311, publish};
use crate::world::{World, until};

#[tokio::test]
async fn an_address_has_its_share_of_connections_and_not_one_more() {
    let world = World::new().await;
    let service = world.serve_with(|options| options.limits.connections_per_address = 3).await;
    let mut devices = Vec::new();
    // One less than the limit, and then the limit; whatever they speak.
    for client_id in ["a", "b"] {
        devices.push(service.device(V311, client_id).await);
    }
    let mut web = service.web().await;
    assert_eq!(web.ask("v1/ext/ep-1/echo").await.0, 200);
    assert_eq!(service.kpc.connections(), 3);

    let one_more = Device::connect(service.socket().await, V5, "c", None).await;
    assert_eq!(one_more.err(), Some(0xff));
    service.web().await.end().await;
    for device in &mut devices {
        assert_eq!(device.ask("v1/ext/ep-1/echo/1").await.0, "status");
    }

    // Where one leaves, there is room again.
    devices.pop().unwrap().leave().await;
    until(|| service.kpc.connections() == 2).await;
    assert_eq!(service.device(V5, "c").await.ask("v1/ext/ep-1/echo/1").await.0, "status");
}

#[tokio::test]
async fn who_floods_is_slowed_down_and_nobody_else() {
    const FLOOD: usize = 15;
    let world = World::new().await;
    let service = world
        .serve_with(|options| {
            options.limits.messages_per_second = NonZeroU32::new(5).unwrap();
            options.limits.burst = NonZeroU32::MIN;
        })
        .await;
    let (mut flooding, mut other) = (service.device(V5, "a").await, service.device(V5, "b").await);
    let start = Instant::now();
    let flood: Vec<u8> =
        (0..FLOOD).flat_map(|id| publish(V5, &format!("v1/ext/ep-1/echo/{id}"), b"hello")).collect();
    flooding.send(&flood).await;
    for id in 0..5 {
        assert_eq!(other.ask(&format!("v1/ext/ep-2/echo/{id}")).await.0, "status");
    }
    // The messages of both: those of the flood that go beyond a burst are not read yet.
    let read = service.kpc.counters().front.messages;
    assert!(read < 5 + 15, "{read}");

    for id in 0..FLOOD {
        let answered = (format!("kp1/v1/ext/ep-1/echo/{id}/status"), "hello".into());
        assert_eq!(flooding.next().await, answered);
    }
    // A second's worth came at once, and the rest as slowly as it may.
    assert!(start.elapsed() >= Duration::from_millis(1700), "{:?}", start.elapsed());
}
