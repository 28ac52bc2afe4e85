//! How many messages are lost when members leave a queue group under a flood: this project's drain
//! beside what async-nats offers. `cargo run --release -p kaa-tests --example drain_loss`

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends with a message, and one that can is printed"
)]

use std::time::Instant;

use futures_util::StreamExt;
use kaa_bus::{Bus, NatsOptions, ServiceInstance, SubjectFilter, SubscriptionLimit};
use kaa_tests::flood::Flood;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::PATIENCE;

const DRAINS: usize = 20;
const BETWEEN: usize = 5_000;
const ROOMY: SubscriptionLimit = SubscriptionLimit { messages: 1 << 24, bytes: 1 << 32 };

#[derive(Debug, Clone, Copy)]
enum Way {
    Ours,
    AsyncNatsDrain,
    AsyncNatsUnsubscribe,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    println!("{DRAINS} drains of a queue group member under a flood, {BETWEEN} messages apart");
    for way in [Way::Ours, Way::AsyncNatsDrain, Way::AsyncNatsUnsubscribe] {
        let server = NatsServer::start().await;
        let bus = Bus::nats(NatsOptions::new(&server.url()).expect("a URL").subscription_limit(ROOMY)).await;
        let bus = bus.expect("a server");
        let group = ServiceInstance::from_static("group");
        let filter: SubjectFilter = "work".parse().expect("a filter");
        let mut staying = bus.subscribe(filter.clone(), Some(&group)).await.expect("a subscription");

        let started = Instant::now();
        let flood = Flood::start(&server.url(), "work".parse().expect("a subject")).await;
        let mut received = match way {
            Way::Ours => ours(&server, &filter, &group).await,
            Way::AsyncNatsDrain | Way::AsyncNatsUnsubscribe => theirs(&server, way).await,
        };
        let published = flood.finish().await;
        let rate = published as f64 / started.elapsed().as_secs_f64();
        staying.drain(PATIENCE).await.expect("a drain");
        while staying.next().await.is_some() {
            received += 1;
        }
        assert_eq!(staying.lost(), 0, "the measurement itself lost messages");
        println!("{way:?}: {published} published at {rate:.0}/s, {} lost", published - received);
    }
}

async fn ours(server: &NatsServer, filter: &SubjectFilter, group: &ServiceInstance) -> u64 {
    let bus = Bus::nats(NatsOptions::new(&server.url()).expect("a URL").subscription_limit(ROOMY)).await;
    let bus = bus.expect("a server");
    let mut received = 0;
    for _ in 0..DRAINS {
        let mut leaving = bus.subscribe(filter.clone(), Some(group)).await.expect("a subscription");
        for _ in 0..BETWEEN {
            leaving.next().await.expect("a message");
            received += 1;
        }
        leaving.drain(PATIENCE).await.expect("a drain");
        while leaving.next().await.is_some() {
            received += 1;
        }
        assert_eq!(leaving.lost(), 0, "the measurement itself lost messages");
    }
    received
}

async fn theirs(server: &NatsServer, way: Way) -> u64 {
    let options = async_nats::ConnectOptions::new().subscription_capacity(1 << 24);
    let client = options.connect(server.url()).await.expect("a server");
    let mut received = 0;
    for _ in 0..DRAINS {
        let mut leaving = client.queue_subscribe("work", "group".to_owned()).await.expect("a subscription");
        for _ in 0..BETWEEN {
            leaving.next().await.expect("a message");
            received += 1;
        }
        match way {
            Way::AsyncNatsUnsubscribe => leaving.unsubscribe().await.expect("an unsubscribe"),
            _ => leaving.drain().await.expect("a drain"),
        }
        while leaving.next().await.is_some() {
            received += 1;
        }
    }
    received
}
