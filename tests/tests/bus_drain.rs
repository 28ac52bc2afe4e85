//! Leaving a queue group under load, on the real server: nothing may be lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails has to fail its test")]

use kaa_bus::{Bus, NatsOptions, ServiceInstance, SubjectFilter, Subscription, SubscriptionLimit};
use kaa_tests::flood::Flood;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::{PATIENCE, soon};

const GROUP: ServiceInstance = ServiceInstance::from_static("dcx");

/// Room for whatever a busy machine makes wait: this is about drains, not about slow readers.
const ROOMY: SubscriptionLimit = SubscriptionLimit { messages: 1 << 22, bytes: 1 << 30 };

async fn connect(server: &NatsServer) -> Bus {
    Bus::nats(NatsOptions::new(&server.url()).unwrap().subscription_limit(ROOMY)).await.unwrap()
}

async fn join(bus: &Bus) -> Subscription {
    bus.subscribe("work".parse::<SubjectFilter>().unwrap(), Some(&GROUP)).await.unwrap()
}

/// Reads to the end and returns how many there were, and how many had found no room.
async fn count(mut subscription: Subscription) -> (u64, u64) {
    let mut received = 0;
    while soon("a message or the end", subscription.next()).await.is_some() {
        received += 1;
    }
    (received, subscription.lost())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_drains_under_a_flood_lose_nothing() {
    let server = NatsServer::start().await;
    let (staying_bus, leaving_bus) = (connect(&server).await, connect(&server).await);
    let mut staying = join(&staying_bus).await;
    let flood = Flood::start(&server.url(), "work".parse().unwrap()).await;

    let mut received = 0;
    for _ in 0..20 {
        let mut leaving = join(&leaving_bus).await;
        for _ in 0..500 {
            soon("a message", leaving.next()).await.unwrap();
            received += 1;
        }
        leaving.drain(PATIENCE).await.unwrap();
        let (rest, lost) = count(leaving).await;
        assert_eq!(lost, 0);
        received += rest;
    }
    let published = flood.finish().await;
    staying.drain(PATIENCE).await.unwrap();
    let (rest, lost) = count(staying).await;
    assert_eq!(lost, 0);
    assert_eq!(received + rest, published);
}

#[tokio::test]
async fn a_drained_member_hears_nothing_more_although_the_client_still_listens() {
    let server = NatsServer::start().await;
    let (alice, bob) = (connect(&server).await, connect(&server).await);
    for _ in 0..20 {
        // No traffic at all: the limit that is never reached must not keep the subscription alive.
        let mut only = join(&bob).await;
        only.drain(PATIENCE).await.unwrap();
        let answer = alice.request("work".parse().unwrap(), "x".into(), PATIENCE).await;
        assert!(matches!(answer, Err(kaa_bus::RequestError::NoResponders { .. })), "{answer:?}");
        assert_eq!(count(only).await, (0, 0));
    }
}
