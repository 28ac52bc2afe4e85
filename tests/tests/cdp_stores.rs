//! One contract for the stores of the configuration provider, in a file, in the process and on JetStream;
//! and two replicas of it that share a bucket of a real nats-server.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cdp::{Settings, SqliteStore, Store, StoreError, StoreKind};
use kaa_bus::kv::{Bucket, BucketOptions};
use kaa_bus::{Bus, Connection, Delivery, Messaging};
use kaa_ext::protocol::cdtp::ConfigUpdated;
use kaa_ext::rest::RestConfig;
use kaa_ext::{Config, Running};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_tests::http::{Answer, call, call_with};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::venue::{Venue, becomes, until};

const ALL: &str = "/app-versions/lamp-v1/config";
const ONE: &str = "/app-versions/lamp-v1/endpoints/ep-1/config";
const TEXT: (&str, &str) = ("Content-Type", "text/plain");

/// What two handles of a store keep to.
async fn contract(first: &dyn Store, second: &dyn Store) {
    assert_eq!(first.get("a").await.unwrap(), None);
    let made = first.put("a", "1".into(), None).await.unwrap();
    assert!(matches!(second.put("a", "2".into(), None).await, Err(StoreError::Conflict)));
    let replaced = second.put("a", "2".into(), Some(made)).await.unwrap();
    assert!(replaced > made);
    for stale in [made, 0, u64::MAX] {
        assert!(matches!(first.put("a", "3".into(), Some(stale)).await, Err(StoreError::Conflict)));
        assert!(matches!(first.delete("a", stale).await, Err(StoreError::Conflict)));
    }
    let entry = first.get("a").await.unwrap().unwrap();
    assert_eq!((&entry.value[..], entry.revision), (&b"2"[..], replaced));
    one_of_two_wins(first, second, replaced).await;
    let current = second.get("a").await.unwrap().unwrap().revision;
    first.delete("a", current).await.unwrap();
    assert_eq!(second.get("a").await.unwrap(), None);
    assert!(matches!(second.delete("a", current).await, Err(StoreError::Conflict)));
    assert!(second.put("a", "3".into(), None).await.unwrap() > current);
    for key in ["b/ä", "b/1", "c", "b"] {
        first.put(key, "".into(), None).await.unwrap();
    }
    assert_eq!(second.keys("", None, 10).await.unwrap(), ["a", "b", "b/1", "b/ä", "c"]);
    assert_eq!(second.keys("b/", None, 1).await.unwrap(), ["b/1"]);
    assert_eq!(second.keys("b/", Some("b/1"), 10).await.unwrap(), ["b/ä"]);
}

/// Whoever replaces the same revision at the same time: one does, and the other is told.
async fn one_of_two_wins(first: &dyn Store, second: &dyn Store, mut revision: u64) {
    for _ in 0..20 {
        let replaces = Some(revision);
        let (a, b) =
            tokio::join!(first.put("a", "a".into(), replaces), second.put("a", "b".into(), replaces));
        let (winner, value) = match (a, b) {
            (Ok(winner), Err(StoreError::Conflict)) => (winner, "a"),
            (Err(StoreError::Conflict), Ok(winner)) => (winner, "b"),
            both => panic!("{both:?}"),
        };
        let entry = first.get("a").await.unwrap().unwrap();
        assert_eq!((entry.value, entry.revision), (value.into(), winner));
        revision = winner;
    }
}

async fn file(directory: &Path) -> SqliteStore {
    SqliteStore::open(&directory.join("cdp.sqlite")).await.unwrap()
}

async fn bucket(bus: &Bus) -> Bucket {
    bus.bucket(&BucketOptions::new("cdp")).await.unwrap()
}

#[tokio::test]
async fn a_file_keeps_the_contract_and_what_is_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = file(directory.path()).await;
    contract(&store, &store.clone()).await;
    let kept = store.get("a").await.unwrap();
    store.close().await;
    assert_eq!(file(directory.path()).await.get("a").await.unwrap(), kept);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_in_the_process_keeps_the_contract() {
    let (first, second) = Venue::memory().pair().await;
    contract(&bucket(&first).await, &bucket(&second).await).await;
}

#[tokio::test]
async fn a_bucket_on_jetstream_keeps_the_contract_and_what_is_in_it_after_kill_9() {
    let mut venue = Venue::jetstream().await;
    let (first, second) = venue.pair().await;
    let store = bucket(&first).await;
    contract(&store, &bucket(&second).await).await;
    let keeping = store.keeping().await.unwrap();
    assert_eq!((keeping.replicas, keeping.in_files), (1, true));
    let kept = store.get("a").await.unwrap();
    venue.stop(&first).await;
    let away = Store::put(&store, "new", "1".into(), None).await;
    assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
    venue.start(&first).await;
    assert_eq!(store.get("a").await.unwrap(), kept);
}

/// A replica of the provider on a bucket of a nats-server.
struct Replica {
    bus: Bus,
    running: Running,
    rest: SocketAddr,
}

impl Replica {
    async fn start(venue: &Venue) -> Self {
        let bus = venue.connect().await;
        let mut config = Config::<Settings>::default();
        config.extension.store = StoreKind::Jetstream;
        config.extension.rest = RestConfig::on_port(0);
        let running = cdp::start(bus.clone(), config).await.unwrap();
        let rest = running.rest_addr().unwrap();
        Self { bus, running, rest }
    }

    async fn put(&self, path: &str, fields: &[(&str, &str)], content: &str) -> Answer {
        put(self.rest, path, fields, content).await
    }

    async fn content(&self, path: &str) -> String {
        let answer = call(self.rest, "GET", path, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
}

async fn put(rest: SocketAddr, path: &str, fields: &[(&str, &str)], content: &str) -> Answer {
    call_with(rest, "PUT", path, &[&[TEXT], fields].concat(), content).await
}

#[tokio::test]
async fn two_replicas_share_a_bucket_and_announce_each_change_once() {
    let venue = Venue::jetstream().await;
    let (first, second) = (Replica::start(&venue).await, Replica::start(&venue).await);
    let bus = venue.connect().await;
    let cmx = Messaging::new(bus, ServiceInstance::from_static("cmx"), ReplicaId::from_static("cmx-0"));
    let mut updates = cmx.listen::<ConfigUpdated>(None, Delivery::EveryReplica).await.unwrap();
    let mut changes = bucket(&first.bus).await.watch().await.unwrap();

    let made = first.put(ONE, &[("If-None-Match", "*")], "1").await;
    assert_eq!(made.status, 201, "{made:?}");
    let told = soon("an update", updates.next()).await.unwrap().unwrap();
    assert_eq!((&*told.endpoint_id, &told.content[..]), ("ep-1", &b"1"[..]));
    assert_eq!(second.put(ONE, &[("If-None-Match", "*")], "2").await.status, 412);
    let tag = ("If-Match", made.field("etag"));
    assert_eq!(second.put(ONE, &[tag], "2").await.status, 200);
    assert_eq!(first.put(ONE, &[tag], "3").await.status, 412);
    assert_eq!((first.content(ONE).await, second.content(ONE).await), ("2".to_owned(), "2".to_owned()));

    // Who watches the bucket sees what was acknowledged, in order.
    for content in ["1", "2"] {
        let change = soon("a change", changes.next()).await.unwrap();
        let value = change.value.unwrap();
        assert!(value.ends_with(format!("\n{content}").as_bytes()), "{}: {value:?}", change.key);
    }

    for replica in [first, second] {
        replica.running.stop(Duration::from_secs(5)).await.unwrap();
    }
    // Whatever the replicas had to announce came before this.
    cmx.publish_event(&ConfigUpdated { endpoint_id: "end".into(), ..ConfigUpdated::default() })
        .await
        .unwrap();
    let mut told = Vec::new();
    while told.last().is_none_or(|(endpoint, _)| endpoint != "end") {
        let event = soon("an update", updates.next()).await.unwrap().unwrap();
        told.push((event.endpoint_id.to_string(), event.content));
    }
    assert_eq!(told, [("ep-1".to_owned(), "2".into()), ("end".to_owned(), "".into())]);
}

#[tokio::test]
async fn what_was_acknowledged_over_rest_is_there_after_kill_9_of_the_server() {
    let mut venue = Venue::jetstream().await;
    let replicas = [Replica::start(&venue).await, Replica::start(&venue).await];
    let bus = venue.connect().await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (rest, acknowledged) = (replicas[writer % 2].rest, Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let path = format!("/app-versions/lamp-v1/endpoints/ep-{writer}/config");
                for number in 1.. {
                    let answer = put(rest, &path, &[], &number.to_string()).await;
                    if !matches!(answer.status, 200 | 201) {
                        assert_eq!(answer.status, 503, "{answer:?}");
                        assert_eq!(answer.field("content-type"), "application/problem+json");
                        return (path, number - 1);
                    }
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                unreachable!("the server is killed before")
            })
        })
        .collect();
    let count = || acknowledged.load(Ordering::Relaxed);
    until("some writes", || count() >= 100).await;
    venue.stop(&bus).await;
    let mut last = Vec::new();
    for writer in writers {
        last.push(soon("the writer to be refused", writer).await.unwrap());
    }
    venue.start(&replicas[0].bus).await;
    becomes(&replicas[1].bus, Connection::Connected).await;
    for (path, acknowledged) in last {
        for replica in &replicas {
            let kept: u32 = replica.content(&path).await.parse().unwrap();
            // The write that was refused may have been stored all the same.
            assert!((acknowledged..=acknowledged + 1).contains(&kept), "{path}: {acknowledged}, {kept}");
        }
        assert_eq!(replicas[0].put(&path, &[], "after").await.status, 200);
    }
}

#[tokio::test]
async fn a_full_bucket_is_507_and_nothing_is_acknowledged_that_is_not_there() {
    let configure = |directory: &Path| {
        let store = directory.join("jetstream");
        format!("jetstream {{ store_dir: {store:?}, max_file_store: 1MB }}\n")
    };
    let venue = Venue::Nats(NatsServer::start_with(configure).await);
    let replica = Replica::start(&venue).await;
    let content = "x".repeat(200 * 1_024);
    let path = |number: u32| format!("{ALL}?name=n{number}");
    let mut stored = 0;
    let refused = loop {
        let answer = replica.put(&path(stored), &[], &content).await;
        if answer.status != 201 {
            break answer;
        }
        stored += 1;
        assert!(stored < 20, "the server takes more than it has room for");
    };
    assert_eq!((refused.status, refused.field("content-type")), (507, "application/problem+json"));
    assert!(stored > 0);
    for number in 0..stored {
        assert_eq!(replica.content(&path(number)).await, content);
    }
    assert_eq!(call(replica.rest, "GET", &path(stored), "").await.status, 404);
}
