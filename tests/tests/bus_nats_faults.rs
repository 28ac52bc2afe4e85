//! What the bus does when a real nats-server dies, freezes or comes back different.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that fails has to fail its test")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{
    Bus, Connection, EventError, FenceError, Messaging, NatsOptions, PublishError, RequestError,
    ServiceInstance, Subject, SubjectFilter, SubscribeError, Subscription, SubscriptionLimit,
};
use kaa_protocol::cdtp::ConfigRequest;
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::name::ReplicaId;
use kaa_protocol::subject::Target;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::becomes;
use tokio::time::Instant;

fn options(server: &NatsServer) -> NatsOptions {
    NatsOptions::new(&server.url()).unwrap()
}

fn subject(text: &str) -> Subject {
    text.parse().unwrap()
}

async fn subscribe(bus: &Bus, text: &str) -> Subscription {
    bus.subscribe(text.parse::<SubjectFilter>().unwrap(), None).await.unwrap()
}

/// What the server writes with `debug: true`.
const OPENED: &str = "Client connection created";
const CLOSED: &str = "Client connection closed";

/// The server's own view of a connection, which only its log tells.
async fn log_becomes(log: &Path, is_as_expected: impl Fn(&str) -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(5));
    let expected = async {
        while !is_as_expected(&fs::read_to_string(log).unwrap()) {
            look.tick().await;
        }
    };
    soon("the server to log it", expected).await;
}

#[tokio::test]
async fn a_killed_server_that_returns_is_found_again_ten_times() {
    let mut server = NatsServer::start().await;
    let (alice, bob) =
        (Bus::nats(options(&server)).await.unwrap(), Bus::nats(options(&server)).await.unwrap());
    let mut subscription = subscribe(&bob, "a").await;
    for round in 1..=10 {
        server.kill();
        becomes(&alice, Connection::Disconnected).await;
        becomes(&bob, Connection::Disconnected).await;
        let refused = alice.publish(subject("a"), None, "x".into()).await;
        assert_eq!(refused, Err(PublishError::Disconnected { subject: subject("a") }));
        server.restart().await;
        becomes(&alice, Connection::Connected).await;
        becomes(&bob, Connection::Connected).await;
        bob.fence(PATIENCE).await.unwrap();
        alice.publish(subject("a"), None, round.to_string().into()).await.unwrap();
        assert_eq!(soon("a message", subscription.next()).await.unwrap().payload, round.to_string());
        assert_eq!((alice.stats().reconnects, bob.stats().reconnects), (round, round));
    }
}

#[tokio::test]
async fn a_request_whose_server_dies_ends_at_its_deadline() {
    let mut server = NatsServer::start().await;
    let bus = Bus::nats(options(&server)).await.unwrap();
    let mut requests = subscribe(&bus, "silent").await;
    let deadline = Duration::from_millis(300);
    let open = tokio::spawn({
        let bus = bus.clone();
        async move { bus.request(subject("silent"), "x".into(), deadline).await }
    });
    soon("the request", requests.next()).await.unwrap();
    server.kill();
    let answer = soon("the deadline", open).await.unwrap();
    assert_eq!(answer, Err(RequestError::TimedOut { subject: subject("silent"), deadline }));
}

#[tokio::test]
async fn a_fence_whose_server_dies_does_not_wait_for_its_deadline() {
    let mut server = NatsServer::start().await;
    let bus = Bus::nats(options(&server)).await.unwrap();
    // The frozen server takes it and does not give it back.
    server.stop();
    let open = tokio::spawn({
        let bus = bus.clone();
        async move { bus.fence(Duration::from_secs(3600)).await }
    });
    tokio::task::yield_now().await;
    server.kill();
    server.restart().await;
    assert_eq!(soon("the end of the fence", open).await.unwrap(), Err(FenceError::Disconnected));
}

#[tokio::test]
async fn a_frozen_server_is_noticed_within_three_pings_and_missed_at_once_by_everything_with_a_deadline() {
    let server = NatsServer::start().await;
    let ping = Duration::from_secs(1);
    let bus = Bus::nats(options(&server).ping_interval(ping)).await.unwrap();
    let mut subscription = subscribe(&bus, "a").await;
    server.stop();
    let frozen = Instant::now();
    let deadline = Duration::from_millis(50);
    assert_eq!(bus.fence(deadline).await, Err(FenceError::TimedOut { deadline }));
    let answer = bus.request(subject("a"), "x".into(), deadline).await;
    assert_eq!(answer, Err(RequestError::TimedOut { subject: subject("a"), deadline }));
    becomes(&bus, Connection::Disconnected).await;
    // Three intervals, and half of one for a busy machine.
    assert!(frozen.elapsed() <= ping * 7 / 2, "noticed after {:?}", frozen.elapsed());
    server.cont();
    becomes(&bus, Connection::Connected).await;
    bus.fence(PATIENCE).await.unwrap();
    bus.publish(subject("a"), None, "back".into()).await.unwrap();
    // The first one is the request of above, which the frozen server may have kept.
    loop {
        if soon("a message", subscription.next()).await.unwrap().payload == "back" {
            break;
        }
    }
}

#[tokio::test]
async fn nothing_hangs_on_a_frozen_server() {
    let server = NatsServer::start().await;
    let timeout = Duration::from_millis(100);
    // Never noticed by ping, so that everything has to end by its own deadline.
    let patient = options(&server).ping_interval(Duration::from_secs(3600)).publish_timeout(timeout);
    let bus = Bus::nats(patient).await.unwrap();
    let mut subscription = subscribe(&bus, "a").await;
    server.stop();
    let filter: SubjectFilter = "b".parse().unwrap();
    let refused = soon("the subscribe", bus.subscribe(filter.clone(), None)).await.unwrap_err();
    assert_eq!(refused, SubscribeError::TimedOut { filter, timeout });
    // The socket and the queue take a lot, and then no more.
    let payload = Bytes::from(vec![0; 1 << 20]);
    let flood = async {
        loop {
            if let Err(error) = bus.publish(subject("c"), None, payload.clone()).await {
                return error;
            }
        }
    };
    let refused = soon("a publish to be refused", flood).await;
    assert_eq!(refused, PublishError::TimedOut { subject: subject("c"), timeout });
    let refused = bus.try_publish(subject("c"), None, payload.clone());
    assert_eq!(refused, Err(PublishError::Full { subject: subject("c") }));
    let deadline = Duration::from_millis(50);
    assert!(soon("the drain", subscription.drain(deadline)).await.is_err());
    assert_eq!(soon("the end", subscription.next()).await, None);
    assert!(soon("the close", bus.close(deadline)).await.is_err());
    assert_eq!(bus.connection(), Connection::Closed);
}

#[tokio::test]
async fn typed_calls_given_up_on_a_frozen_server_do_not_spoil_the_next() {
    let server = NatsServer::start().await;
    let bus = Bus::nats(options(&server).ping_interval(Duration::from_secs(3600))).await.unwrap();
    let (cmx, nobody) = (ServiceInstance::from_static("cmx"), ServiceInstance::from_static("nobody"));
    let cmx = Messaging::new(bus.clone(), cmx, ReplicaId::from_static("cmx-0"));
    let (target, deadline) = (Target::Service(nobody.clone()), Duration::from_millis(50));
    server.stop();
    let answer = soon("the deadline", cmx.request(&target, &ConfigRequest::default(), deadline)).await;
    assert!(matches!(answer, Err(RequestError::TimedOut { .. })), "{answer:?}");
    let (event, receivers) = (DataSamplesEvent::default(), [nobody]);
    let told = soon("the deadline", cmx.publish_awaited(&event, &receivers, deadline)).await;
    assert!(matches!(told, Err(EventError::TimedOut { .. })), "{told:?}");
    server.cont();
    bus.fence(PATIENCE).await.unwrap();
    let answer = soon("an answer", cmx.request(&target, &ConfigRequest::default(), PATIENCE)).await;
    assert!(matches!(answer, Err(RequestError::NoResponders { .. })), "{answer:?}");
    let told = soon("an answer", cmx.publish_awaited(&event, &receivers, PATIENCE)).await;
    assert_eq!(told.unwrap().missing, receivers);
}

#[tokio::test]
async fn a_server_that_returns_with_a_smaller_limit_is_believed() {
    let mut server = NatsServer::start_with(|_| "max_payload: 1MB".to_owned()).await;
    let bus = Bus::nats(options(&server)).await.unwrap();
    bus.publish(subject("a"), None, vec![0; 5000].into()).await.unwrap();
    fs::write(server.directory().join("nats.conf"), "max_payload: 1024").unwrap();
    server.kill();
    becomes(&bus, Connection::Disconnected).await;
    server.restart().await;
    becomes(&bus, Connection::Connected).await;
    let refused = bus.publish(subject("a"), None, vec![0; 5000].into()).await.unwrap_err();
    assert_eq!(refused, PublishError::TooLarge { subject: subject("a"), size: 5000, limit: 1024 });
    assert_eq!(
        refused.to_string(),
        "not published to a: the payload has 5000 bytes, the server takes at most 1024 (its max_payload)"
    );
    bus.fence(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_closed_bus_does_not_come_back_with_its_server() {
    let mut server = NatsServer::start_with(|_| "debug: true".to_owned()).await;
    let bus = Bus::nats(options(&server)).await.unwrap();
    let witness = Bus::nats(options(&server)).await.unwrap();
    server.kill();
    becomes(&bus, Connection::Disconnected).await;
    becomes(&witness, Connection::Disconnected).await;
    bus.close(PATIENCE).await.unwrap_err();
    server.restart().await;
    becomes(&witness, Connection::Connected).await;
    // An attempt that was under way may still succeed; then it hangs up by itself.
    let log = server.directory().join("nats.log");
    log_becomes(&log, |log| log.matches(OPENED).count() == log.matches(CLOSED).count() + 1).await;
    assert_eq!((bus.connection(), bus.stats().reconnects), (Connection::Closed, 0));
}

#[tokio::test]
async fn a_closed_connection_is_gone_at_the_server() {
    let server = NatsServer::start_with(|_| "debug: true".to_owned()).await;
    let bus = Bus::nats(options(&server)).await.unwrap();
    let subscription = subscribe(&bus, "a").await;
    bus.close(PATIENCE).await.unwrap();
    log_becomes(&server.directory().join("nats.log"), |log| log.contains(CLOSED)).await;
    drop((bus, subscription));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_a_slow_reader_misses_is_counted() {
    const SENT: u64 = 200_000;
    let server = NatsServer::start().await;
    let limit = SubscriptionLimit { messages: 64, ..Default::default() };
    let bob = Bus::nats(options(&server).subscription_limit(limit)).await.unwrap();
    let alice = Bus::nats(options(&server)).await.unwrap();
    let mut slow = subscribe(&bob, "a").await;
    for _ in 0..SENT {
        alice.publish(subject("a"), None, "x".into()).await.unwrap();
    }
    alice.fence(PATIENCE).await.unwrap();
    slow.drain(PATIENCE).await.unwrap();
    let mut received = 0;
    while soon("the end", slow.next()).await.is_some() {
        received += 1;
    }
    // Nearly all of them: nobody read until the drain, which hands over while we read already.
    assert!(slow.lost() > SENT / 2, "{} lost", slow.lost());
    assert_eq!(received + slow.lost(), SENT);
    assert_eq!((bob.stats().lost, bob.stats().received), (slow.lost(), received));
    assert_eq!(bob.connection(), Connection::Connected);
}
