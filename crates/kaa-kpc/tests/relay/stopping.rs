//! The end, in order.

use std::time::Duration;

use kaa_bus::{Delivery, Messaging};
use kaa_protocol::elce::DisconnectedEvent;
use kaa_protocol::name::{ReplicaId, ServiceInstance};

use super::world::{Client, World, assert_conserved, aware, pair, quiet, said};

#[tokio::test(start_paused = true)]
async fn who_waits_is_answered_and_who_comes_is_refused() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let messaging = Messaging::new(
        world.server.connect(),
        ServiceInstance::from_static("listener"),
        ReplicaId::from_static("listener-0"),
    );
    let mut gone = messaging.listen::<DisconnectedEvent>(None, Delivery::EveryReplica).await.unwrap();
    let mut client = Client::of(&relay);
    client.ask("ep-1/slow/5/1", "");
    client.ask("ep-2/slow/20/2", "");
    quiet().await;
    let stopping = tokio::spawn({
        let relay = relay.clone();
        async move { relay.stop(Duration::from_secs(10)).await }
    });
    quiet().await;
    client.ask("ep-1/echo/3", "");
    assert_eq!(client.next().await, pair("ep-1/echo/3/error", "503"));
    assert_eq!(said(&relay.ask(&aware("kp1/v1/ext/ep-1/echo", "")).await), "503");
    let start = tokio::time::Instant::now();
    assert_eq!(client.next().await, pair("ep-1/slow/5/1/status", "done"));
    assert_eq!(client.next().await, pair("ep-2/slow/20/2/error", "503"));
    assert_eq!(start.elapsed().as_secs(), 9);
    stopping.await.unwrap().unwrap();
    let event = gone.next().await.unwrap().unwrap();
    assert_eq!(event.endpoints.keys().collect::<Vec<_>>(), ["ep-1", "ep-2"]);
    // The outbox ends.
    assert!(client.deliveries.next().await.is_none());
    let counters = assert_conserved(&relay);
    assert_eq!((counters.answered, counters.refused), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn with_nothing_to_wait_for_it_takes_no_time() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let client = Client::of(&relay);
    client.ask("ep-1/echo", "");
    let start = tokio::time::Instant::now();
    relay.stop(Duration::from_secs(10)).await.unwrap();
    relay.stop(Duration::from_secs(10)).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    drop(client);
    assert_eq!(assert_conserved(&relay).unanswered, 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_relay_dropped_ends_all_waiting() {
    let world = World::new();
    let (relay, _puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/1", "");
    drop(relay);
    assert_eq!(client.all().await, [pair("ep-1/echo/1/error", "503")]);
    client.ask("ep-1/echo/2", "");
    assert_eq!(client.all().await, [pair("ep-1/echo/2/error", "503")]);
}
