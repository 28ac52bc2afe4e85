//! One contract for the buckets in the process and the buckets on JetStream: every scenario is written
//! once and runs on both. What only JetStream can get wrong is behind it.

#![allow(clippy::unwrap_used, reason = "a scenario that fails has to fail its test")]

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use kaa_bus::Bus;
use kaa_bus::kv::{Bucket, BucketOptions, Change, Changes, KvError};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::on_both;
use kaa_tests::patience::soon;
use kaa_tests::venue::Venue;

on_both! { jetstream:
    a_key_has_what_was_written_last
    a_key_that_has_a_value_is_not_created_again
    of_two_writers_one_is_told_that_the_other_was_first
    a_deleted_key_has_nothing_and_can_be_created_again
    revisions_grow_across_keys
    any_text_is_a_key
    a_key_of_1024_bytes_fits_and_one_byte_more_is_refused
    a_value_is_as_large_as_the_server_takes_and_not_a_byte_larger
    keys_come_in_order_and_in_pages
    a_watch_begins_with_what_is_there_and_goes_on
    a_watch_ends_with_the_server
    connections_share_a_bucket_and_buckets_share_nothing
    a_bucket_that_is_there_is_opened_as_it_is
    a_server_that_is_away_is_an_error_at_once
    a_closed_bus_has_no_buckets
}

async fn open(bus: &Bus) -> Bucket {
    bus.bucket(&BucketOptions::new("lamps")).await.unwrap()
}

async fn next(changes: &mut Changes) -> Change {
    soon("a change", changes.next()).await.unwrap()
}

fn is_conflict<T>(result: &Result<T, KvError>) -> bool {
    matches!(result, Err(KvError::Conflict { bucket, key }) if bucket == "lamps" && key == "a")
}

mod scenarios {
    use super::*;

    pub(super) async fn a_key_has_what_was_written_last(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        assert_eq!(bucket.get("a").await.unwrap(), None);
        let first = bucket.create("a", "1".into()).await.unwrap();
        let entry = bucket.get("a").await.unwrap().unwrap();
        assert_eq!((&*entry.value, entry.revision), (&b"1"[..], first));
        let second = bucket.update("a", "".into(), first).await.unwrap();
        let entry = bucket.get("a").await.unwrap().unwrap();
        assert_eq!((&*entry.value, entry.revision), (&b""[..], second));
    }

    pub(super) async fn a_key_that_has_a_value_is_not_created_again(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        bucket.create("a", "1".into()).await.unwrap();
        assert!(is_conflict(&bucket.create("a", "2".into()).await));
        assert_eq!(bucket.get("a").await.unwrap().unwrap().value, "1");
    }

    pub(super) async fn of_two_writers_one_is_told_that_the_other_was_first(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let (alice, bob) = (open(&alice).await, open(&bob).await);
        let first = alice.create("a", "0".into()).await.unwrap();
        let (a, b) = tokio::join!(alice.update("a", "a".into(), first), bob.update("a", "b".into(), first));
        let winner = if a.is_ok() { "a" } else { "b" };
        assert!(a.is_ok() != b.is_ok() && (is_conflict(&a) || is_conflict(&b)), "{a:?} {b:?}");
        assert_eq!(bob.get("a").await.unwrap().unwrap().value, winner);
        assert!(is_conflict(&bob.delete("a", first).await));
        assert!(is_conflict(&bob.update("a", "c".into(), 0).await));
        assert!(is_conflict(&bob.update("a", "c".into(), u64::MAX).await));
    }

    pub(super) async fn a_deleted_key_has_nothing_and_can_be_created_again(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        let first = bucket.create("a", "1".into()).await.unwrap();
        bucket.delete("a", first).await.unwrap();
        assert_eq!(bucket.get("a").await.unwrap(), None);
        assert_eq!(bucket.keys("", None, 10).await.unwrap(), [""; 0]);
        assert!(is_conflict(&bucket.delete("a", first).await));
        assert!(is_conflict(&bucket.update("a", "2".into(), first).await));
        let again = bucket.create("a", "2".into()).await.unwrap();
        assert!(again > first);
        assert_eq!(bucket.get("a").await.unwrap().unwrap().revision, again);
    }

    pub(super) async fn revisions_grow_across_keys(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        let a = bucket.create("a", "1".into()).await.unwrap();
        let b = bucket.create("b", "1".into()).await.unwrap();
        assert_eq!((a, b), (1, 2));
        assert!(is_conflict(&bucket.update("a", "2".into(), b).await));
    }

    pub(super) async fn any_text_is_a_key(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        let keys = ["", "*", ">", "a.b", "a/b c", "=", "ä", "\n", "a", "A"];
        for key in keys {
            bucket.create(key, Bytes::copy_from_slice(key.as_bytes())).await.unwrap();
        }
        for key in keys {
            assert_eq!(bucket.get(key).await.unwrap().unwrap().value, key);
        }
        let mut sorted = keys;
        sorted.sort_unstable();
        assert_eq!(bucket.keys("", None, 100).await.unwrap(), sorted);
    }

    pub(super) async fn a_key_of_1024_bytes_fits_and_one_byte_more_is_refused(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        for size in [1_023, 1_024] {
            // The kind of key that is longest on the wire.
            let key = ".".repeat(size);
            bucket.create(&key, "1".into()).await.unwrap();
            assert_eq!(bucket.get(&key).await.unwrap().unwrap().value, "1");
        }
        let long = ".".repeat(1_025);
        let refused = bucket.create(&long, "1".into()).await;
        assert!(matches!(refused, Err(KvError::KeyTooLong { size: 1_025, limit: 1_024, .. })), "{refused:?}");
        assert!(matches!(bucket.get(&long).await, Err(KvError::KeyTooLong { .. })));
    }

    pub(super) async fn a_value_is_as_large_as_the_server_takes_and_not_a_byte_larger(venue: Venue) {
        const LIMIT: usize = (1 << 20) - 1_024;
        let bucket = open(&venue.connect().await).await;
        for size in [LIMIT - 1, LIMIT] {
            let key = size.to_string();
            bucket.create(&key, vec![b'x'; size].into()).await.unwrap();
            assert_eq!(bucket.get(&key).await.unwrap().unwrap().value.len(), size);
        }
        let refused = bucket.create("a", vec![b'x'; LIMIT + 1].into()).await;
        assert!(matches!(refused, Err(KvError::TooLarge { limit: LIMIT, .. })), "{refused:?}");
        assert_eq!(bucket.get("a").await.unwrap(), None);
    }

    pub(super) async fn keys_come_in_order_and_in_pages(venue: Venue) {
        let bucket = open(&venue.connect().await).await;
        assert_eq!(bucket.keys("", None, 10).await.unwrap(), [""; 0]);
        for key in ["b/2", "a", "b/1", "c", "b/3", "b"] {
            bucket.create(key, "1".into()).await.unwrap();
        }
        assert_eq!(bucket.keys("", None, 10).await.unwrap(), ["a", "b", "b/1", "b/2", "b/3", "c"]);
        assert_eq!(bucket.keys("b/", None, 2).await.unwrap(), ["b/1", "b/2"]);
        assert_eq!(bucket.keys("b/", Some("b/2"), 2).await.unwrap(), ["b/3"]);
        assert_eq!(bucket.keys("b/", Some("a"), 1).await.unwrap(), ["b/1"]);
        assert_eq!(bucket.keys("b/", Some("z"), 1).await.unwrap(), [""; 0]);
        assert_eq!(bucket.keys("", None, 0).await.unwrap(), [""; 0]);
    }

    pub(super) async fn a_watch_begins_with_what_is_there_and_goes_on(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let (alice, bob) = (open(&alice).await, open(&bob).await);
        let first = alice.create("a.b", "1".into()).await.unwrap();
        let second = alice.update("a.b", "2".into(), first).await.unwrap();
        let mut changes = bob.watch().await.unwrap();
        let change = |key: &str, value: Option<&'static str>, revision| Change {
            key: key.to_owned(),
            value: value.map(Bytes::from),
            revision,
        };
        assert_eq!(next(&mut changes).await, change("a.b", Some("2"), second));
        let third = alice.create("c", "3".into()).await.unwrap();
        assert_eq!(next(&mut changes).await, change("c", Some("3"), third));
        alice.delete("c", third).await.unwrap();
        assert_eq!(next(&mut changes).await, change("c", None, third + 1));
    }

    pub(super) async fn a_watch_ends_with_the_server(mut venue: Venue) {
        let bus = venue.connect().await;
        let bucket = open(&bus).await;
        let mut changes = bucket.watch().await.unwrap();
        venue.stop(&bus).await;
        let ended = soon("the end of the watch", changes.next()).await;
        assert!(matches!(ended, Err(KvError::Disconnected { .. })), "{ended:?}");
    }

    pub(super) async fn connections_share_a_bucket_and_buckets_share_nothing(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let revision = open(&alice).await.create("a", "1".into()).await.unwrap();
        assert_eq!(open(&bob).await.get("a").await.unwrap().unwrap().revision, revision);
        let other = bob.bucket(&BucketOptions::new("switches")).await.unwrap();
        assert_eq!(other.get("a").await.unwrap(), None);
    }

    pub(super) async fn a_bucket_that_is_there_is_opened_as_it_is(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        open(&alice).await.create("a", "1".into()).await.unwrap();
        let deeper = bob.bucket(&BucketOptions::new("lamps").history(5)).await.unwrap();
        assert_eq!(deeper.get("a").await.unwrap().unwrap().value, "1");
    }

    pub(super) async fn a_server_that_is_away_is_an_error_at_once(mut venue: Venue) {
        let bus = venue.connect().await;
        let bucket = open(&bus).await;
        bucket.create("a", "1".into()).await.unwrap();
        venue.stop(&bus).await;
        let refused = bucket.get("a").await;
        assert!(matches!(refused, Err(KvError::Disconnected { .. })), "{refused:?}");
        let refused = bus.bucket(&BucketOptions::new("lamps")).await;
        assert!(matches!(refused, Err(KvError::Disconnected { .. })), "{refused:?}");
        venue.start(&bus).await;
        assert_eq!(bucket.get("a").await.unwrap().unwrap().value, "1");
    }

    pub(super) async fn a_closed_bus_has_no_buckets(venue: Venue) {
        let bus = venue.connect().await;
        let bucket = open(&bus).await;
        let mut changes = bucket.watch().await.unwrap();
        bus.close(Duration::from_secs(5)).await.unwrap();
        assert!(matches!(bucket.create("a", "1".into()).await, Err(KvError::Closed { .. })));
        let ended = soon("the end of the watch", changes.next()).await;
        assert!(matches!(ended, Err(KvError::Closed { .. })), "{ended:?}");
    }
}

#[tokio::test]
async fn a_server_without_jetstream_is_named_as_such() {
    let venue = Venue::nats().await;
    let error = venue.connect().await.bucket(&BucketOptions::new("lamps")).await.unwrap_err();
    assert!(matches!(&error, KvError::NoJetStream { bucket } if bucket == "lamps"), "{error:?}");
    assert!(error.to_string().contains("jetstream"), "{error}");
}

#[tokio::test]
async fn a_bucket_that_is_full_says_so_and_keeps_what_it_has() {
    let configure = |directory: &std::path::Path| {
        let store = directory.join("jetstream");
        format!("jetstream {{ store_dir: {store:?}, max_file_store: 300KB }}\n")
    };
    let venue = Venue::Nats(NatsServer::start_with(configure).await);
    let bucket = open(&venue.connect().await).await;
    let value = Bytes::from(vec![b'x'; 200 * 1_024]);
    let first = bucket.create("a", value.clone()).await.unwrap();
    // The server notices what it has stored a write too late.
    let mut refused = Ok(0);
    for key in ["b", "c", "d"] {
        refused = bucket.create(key, value.clone()).await;
    }
    assert!(matches!(&refused, Err(KvError::Full { bucket, .. }) if bucket == "lamps"), "{refused:?}");
    assert_eq!(bucket.get("a").await.unwrap().unwrap().revision, first);
    assert_eq!(bucket.get("d").await.unwrap(), None);
}

#[tokio::test]
async fn a_frozen_server_is_an_error_after_the_timeout() {
    let server = NatsServer::start_with(|directory| kaa_tests::venue::jetstream(directory, "always")).await;
    let venue = Venue::Nats(server);
    let bus = venue.connect().await;
    let options = BucketOptions::new("lamps").timeout(Duration::from_millis(200));
    let bucket = bus.bucket(&options).await.unwrap();
    let Venue::Nats(server) = &venue else { unreachable!("it is one") };
    server.stop();
    let late = bucket.create("a", "1".into()).await;
    assert!(matches!(&late, Err(KvError::TimedOut { bucket, .. }) if bucket == "lamps"), "{late:?}");
    server.cont();
}

#[tokio::test]
async fn what_was_confirmed_survives_a_killed_server() {
    let mut venue = Venue::jetstream().await;
    let bus = venue.connect().await;
    let bucket = open(&bus).await;
    let revision = bucket.create("a", "1".into()).await.unwrap();
    venue.stop(&bus).await;
    venue.start(&bus).await;
    assert_eq!(bucket.get("a").await.unwrap().unwrap().revision, revision);
    bucket.update("a", "2".into(), revision).await.unwrap();
}

/// In a cluster, a direct get is answered by whichever server keeps the bucket, the one that is behind among them.
#[tokio::test]
async fn what_a_key_has_is_asked_of_the_leader_and_of_no_other_server() {
    let venue = Venue::jetstream().await;
    let Venue::Nats(server) = &venue else { unreachable!("it is one") };
    let bucket = open(&venue.connect().await).await;
    let listener = async_nats::connect(server.url()).await.unwrap();
    let mut asked = listener.subscribe("$JS.API.>").await.unwrap();
    // Where it is in the subscription, what was asked before is as well.
    listener.publish("$JS.API.begin", Bytes::new()).await.unwrap();
    assert_eq!(&*soon("a message", asked.next()).await.unwrap().subject, "$JS.API.begin");

    assert_eq!(bucket.get("a").await.unwrap(), None);
    let first = bucket.create("a", "1".into()).await.unwrap();
    assert_eq!(bucket.get("a").await.unwrap().unwrap().revision, first);
    bucket.delete("a", first).await.unwrap();
    bucket.create("a", "2".into()).await.unwrap();

    listener.publish("$JS.API.end", Bytes::new()).await.unwrap();
    let mut subjects = Vec::new();
    while subjects.last().is_none_or(|subject| subject != "$JS.API.end") {
        subjects.push(soon("a message", asked.next()).await.unwrap().subject.to_string());
    }
    let reads = ["$JS.API.STREAM.MSG.GET.KV_lamps"; 3];
    assert_eq!(subjects, [&reads[..], &["$JS.API.end"]].concat());
}
