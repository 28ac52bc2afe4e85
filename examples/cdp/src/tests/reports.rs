//! What endpoints report of their configurations.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::StoreFuture;
use kaa_ext::bus::kv::{Bucket, Entry};

const REPORTS: &str = "/app-versions/lamp-v1/endpoints/ep-1/applied";

fn report(config_id: &str, status_code: i32, timestamp: i64) -> ConfigApplied {
    ConfigApplied {
        app_version_name: "lamp-v1".into(),
        endpoint_id: "ep-1".into(),
        config_id: config_id.into(),
        status_code,
        timestamp,
        ..ConfigApplied::default()
    }
}

/// Reports, and waits until everything that was asked and reported so far has been handled.
async fn reported(replica: &Replica, events: &[ConfigApplied], messages: u64) {
    for event in events {
        replica.cmx.publish_event(event).await.unwrap();
    }
    while replica.running.counters().in_flight() > 0 || replica.running.counters().received < messages {
        tokio::time::advance(Duration::from_millis(1)).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_reported_is_kept_by_name() {
    let replica = in_memory(&Bus::memory()).await;
    replica.put(&format!("{ALL}?name=network"), "1").await;
    let id = replica.ask("ep-1", Some("network"), None).await.config_id.unwrap();
    reported(&replica, &[report(&id, 500, 10), report(&id, 200, 5), report("other", 200, 20)], 4).await;
    let kept = json!([{ "name": "network", "isCurrent": true, "configId": &*id, "statusCode": 500,
        "reasonPhrase": null, "reportedAt": 10 }]);
    assert_eq!(replica.json(REPORTS).await, kept);
    replica.put(&format!("{ALL}?name=network"), "2").await;
    assert_eq!(replica.json(REPORTS).await[0]["isCurrent"], false);
}

/// A bucket that counts how often somebody went through all of its keys.
struct Counted {
    bucket: Bucket,
    scans: AtomicUsize,
}

impl Store for Counted {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        Store::get(&self.bucket, key)
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, replaces: Option<u64>) -> StoreFuture<'a, u64> {
        Store::put(&self.bucket, key, value, replaces)
    }

    fn delete<'a>(&'a self, key: &'a str, revision: u64) -> StoreFuture<'a, ()> {
        Store::delete(&self.bucket, key, revision)
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        self.scans.fetch_add(1, Relaxed);
        Store::keys(&self.bucket, prefix, after, limit)
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_is_kept_without_going_through_the_store() {
    let bus = Bus::memory();
    let bucket = bus.bucket(&BucketOptions::new("cdp")).await.unwrap();
    let store = Arc::new(Counted { bucket, scans: AtomicUsize::new(0) });
    let replica = replica_on(&bus, Settings::default(), store.clone()).await;
    // Nothing is announced of an endpoint's own, so nobody looks for those who have asked.
    replica.put(ONE, "1").await;
    replica.put(&format!("{ONE}?name=network"), "2").await;
    let (own, named) =
        (replica.ask("ep-1", None, None).await, replica.ask("ep-1", Some("network"), None).await);
    let ids = [own.config_id.unwrap(), named.config_id.unwrap()];
    reported(&replica, &ids.map(|id| report(&id, 200, 1)), 4).await;
    assert_eq!(store.scans.load(Relaxed), 0);
    assert_eq!(replica.json(REPORTS).await.as_array().unwrap().len(), 2);
}
