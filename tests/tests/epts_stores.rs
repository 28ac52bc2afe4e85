//! One contract for the stores of time series: every scenario is written once and runs on a SQLite file and on a
//! PostgreSQL server. What only a server can get wrong is behind it, in `epts_stores/`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a scenario that fails has to fail its test"
)]

#[path = "epts_stores/place.rs"]
mod place;
#[path = "epts_stores/server.rs"]
mod server;

use std::num::NonZeroU64;
use std::sync::Arc;

use epts::batch::{Batch, MOST_SAMPLES};
use epts::buckets::{Bucket, MOST_BUCKETS};
use epts::store::{Inserted, LARGEST, Page, Points, Samples, StoreError, StoredSample};
use futures_util::future::join_all;
use kaa_protocol::dstp::DataSamplesEvent;
use place::Place;

macro_rules! on_both {
    ($($scenario:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::scenarios::$scenario(super::Place::file()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::scenarios::$scenario(super::Place::server().await).await;
                }
            )*
        }
    };
}

on_both! {
    a_batch_is_new_once_and_known_afterwards
    an_older_batch_does_not_change_what_is_known_of_the_endpoint
    samples_come_in_the_order_of_time_and_arrival_byte_for_byte
    samples_end_with_the_one_that_makes_them_too_large
    lists_come_in_the_order_of_bytes_and_in_pages
    points_become_buckets_and_lose_no_bit
    there_are_so_many_buckets_and_no_more
    what_nobody_knows_has_nothing
    of_many_who_store_one_batch_exactly_one_is_told_that_it_is_new
    batches_that_come_at_the_same_time_are_all_stored
    the_largest_batch_is_stored
    what_was_confirmed_survives_a_kill
    what_cannot_be_written_is_503_and_not_stored
    a_full_disk_is_507_and_nothing_is_stored
    a_closed_store_is_not_available
}

fn event(endpoint: &str, id: &str, sent: i64, samples: &[&str]) -> DataSamplesEvent {
    DataSamplesEvent {
        correlation_id: id.into(),
        timestamp: sent,
        app_version_name: format!("v{sent}").as_str().into(),
        endpoint_id: endpoint.into(),
        content_type: "application/json".into(),
        data_samples: samples.iter().map(|sample| sample.as_bytes()).collect(),
        ..DataSamplesEvent::default()
    }
}

/// The time of a sample is its field `ts`.
fn batch_of(event: &DataSamplesEvent) -> Arc<Batch> {
    let (endpoint, version) = (event.endpoint_id.parse().unwrap(), event.app_version_name.parse().unwrap());
    Arc::new(Batch::of(event, endpoint, version, Some("ts")).unwrap())
}

fn batch(endpoint: &str, id: &str, sent: i64, samples: &[&str]) -> Arc<Batch> {
    batch_of(&event(endpoint, id, sent, samples))
}

fn page(after: &str, limit: u32) -> Page {
    Page { after: after.to_owned(), limit }
}

fn points_of(series: &str, from: i64, to: i64, every: u64) -> Points {
    let (endpoint, series) = ("ep-1".to_owned(), series.to_owned());
    Points { endpoint, series, from, to, every: NonZeroU64::new(every).unwrap() }
}

fn samples_of(endpoint: &str) -> Samples {
    Samples { endpoint: endpoint.to_owned(), from: 0, after: -1, to: i64::MAX, limit: 1_000 }
}

fn texts(samples: &[StoredSample]) -> Vec<&str> {
    samples.iter().map(|sample| std::str::from_utf8(&sample.content).unwrap()).collect()
}

mod scenarios {
    use super::*;

    pub(super) async fn a_batch_is_new_once_and_known_afterwards(mut place: Place) {
        let store = place.open().await;
        let first = batch("ep-1", "c", 5, &[r#"{"t":1}"#, r#"{"t":1}"#]);
        assert_eq!(store.insert(first.clone()).await.unwrap(), Inserted::New);
        assert_eq!(store.insert(first.clone()).await.unwrap(), Inserted::Known);
        // Of the same request, but not the same samples; of another request; of another endpoint.
        for other in [
            batch("ep-1", "c", 5, &[r#"{"t":2}"#]),
            batch("ep-1", "d", 5, &[r#"{"t":1}"#, r#"{"t":1}"#]),
            batch("ep-2", "c", 5, &[r#"{"t":1}"#, r#"{"t":1}"#]),
            batch("ep-2", "none", 5, &[]),
        ] {
            assert_eq!(store.insert(other).await.unwrap(), Inserted::New);
        }
        assert_eq!(store.insert(first).await.unwrap(), Inserted::Known);
        assert_eq!(store.samples(samples_of("ep-1")).await.unwrap().len(), 5);
        assert_eq!(store.samples(samples_of("ep-2")).await.unwrap().len(), 2);
    }

    pub(super) async fn an_older_batch_does_not_change_what_is_known_of_the_endpoint(mut place: Place) {
        let store = place.open().await;
        for sent in [5, 7, 6] {
            store.insert(batch("ep-1", &format!("c-{sent}"), sent, &["1"])).await.unwrap();
        }
        let endpoints = store.endpoints(page("", 10)).await.unwrap();
        assert_eq!((endpoints.len(), &*endpoints[0].app_version, endpoints[0].last_sent), (1, "v7", 7));
    }

    pub(super) async fn samples_come_in_the_order_of_time_and_arrival_byte_for_byte(mut place: Place) {
        let store = place.open().await;
        let samples: [&[u8]; 5] = [br#"{"ts":20}"#, br#"{"ts":10}"#, b"", b"a\0b", b"\xff\0"];
        let odd =
            DataSamplesEvent { data_samples: samples.into_iter().collect(), ..event("ep-1", "c-1", 30, &[]) };
        store.insert(batch_of(&odd)).await.unwrap();
        store.insert(batch("ep-1", "c-2", 40, &[r#"{"ts":10,"n":2}"#])).await.unwrap();
        let all = store.samples(samples_of("ep-1")).await.unwrap();
        let contents: Vec<_> = all.iter().map(|sample| (sample.time, &*sample.content)).collect();
        let expected: [(i64, &[u8]); 6] = [
            (10, br#"{"ts":10}"#),
            (10, br#"{"ts":10,"n":2}"#),
            (20, br#"{"ts":20}"#),
            (30, b""),
            (30, b"a\0b"),
            (30, b"\xff\0"),
        ];
        assert_eq!(contents, expected);
        let indexes: Vec<_> = all.iter().map(|sample| sample.index).collect();
        assert_eq!(indexes, [1, 0, 0, 2, 3, 4]);
        assert_eq!((&*all[1].correlation_id, &*all[1].content_type), ("c-2", "application/json"));

        // Page by page: each goes on behind the last sample of the one before.
        let mut wanted = Samples { limit: 1, ..samples_of("ep-1") };
        for expected in &all {
            let one = store.samples(wanted.clone()).await.unwrap();
            assert_eq!(one, std::slice::from_ref(expected));
            (wanted.from, wanted.after) = (one[0].time, one[0].id);
        }
        assert_eq!(store.samples(wanted).await.unwrap(), []);
        let some = Samples { from: 10, to: 20, ..samples_of("ep-1") };
        assert_eq!(store.samples(some).await.unwrap(), all[..2]);
    }

    pub(super) async fn samples_end_with_the_one_that_makes_them_too_large(mut place: Place) {
        let store = place.open().await;
        let large = "x".repeat(LARGEST / 20 - 1);
        // Twenty of them are a little less than an answer may have.
        for number in 0..22 {
            store.insert(batch("ep-1", &format!("c-{number}"), number, &[&large])).await.unwrap();
        }
        let first = store.samples(samples_of("ep-1")).await.unwrap();
        assert_eq!(first.len(), 21);
        let rest = Samples { from: first[20].time, after: first[20].id, ..samples_of("ep-1") };
        assert_eq!(store.samples(rest).await.unwrap().len(), 1);
    }

    pub(super) async fn lists_come_in_the_order_of_bytes_and_in_pages(mut place: Place) {
        let store = place.open().await;
        for endpoint in ["b", "a", "B", "a-1"] {
            store
                .insert(batch(endpoint, "c", 5, &[r#"{"t":1,"a b":1,"ä":1,"Z":1,"t\u0001":1}"#]))
                .await
                .unwrap();
        }
        let names = async |page| -> Vec<String> {
            let endpoints = store.endpoints(page).await.unwrap();
            endpoints.into_iter().map(|endpoint| endpoint.endpoint_id).collect()
        };
        assert_eq!(names(page("", 10)).await, ["B", "a", "a-1", "b"]);
        assert_eq!(names(page("", 2)).await, ["B", "a"]);
        assert_eq!(names(page("a", 2)).await, ["a-1", "b"]);
        assert_eq!(names(page("a\0", 1)).await, ["a-1"], "a NUL is a character like others");
        assert_eq!(names(page("b", 2)).await, [""; 0]);
        let series = |page| store.series("a".to_owned(), page);
        assert_eq!(series(page("", 10)).await.unwrap(), ["Z", "a b", "t", "t\u{1}", "ä"]);
        assert_eq!(series(page("Z", 2)).await.unwrap(), ["a b", "t"]);
        assert_eq!(series(page("t\0~", 1)).await.unwrap(), ["t\u{1}"]);
        assert_eq!(series(page("ä", 1)).await.unwrap(), [""; 0]);
    }

    pub(super) async fn points_become_buckets_and_lose_no_bit(mut place: Place) {
        let store = place.open().await;
        let samples = [
            r#"{"ts":1000,"t":4,"max":1.7976931348623157e308,"min":5e-324}"#,
            r#"{"ts":1999,"t":-2}"#,
            r#"{"ts":2000,"t":0.1}"#,
            r#"{"ts":9223372036854775806,"t":1}"#,
        ];
        store.insert(batch("ep-1", "c-1", 5, &samples)).await.unwrap();
        // Later in arrival, at the time of another one: it is the last of its bucket.
        store.insert(batch("ep-1", "c-2", 5, &[r#"{"ts":1999,"t":1}"#])).await.unwrap();
        let alone = |time, value| Bucket { time, count: 1, min: value, max: value, mean: value, last: value };
        let three = Bucket { time: 1_000, count: 3, min: -2.0, max: 4.0, mean: 1.0, last: 1.0 };
        let buckets = store.points(points_of("t", 1_000, 2_001, 1_000)).await.unwrap();
        assert_eq!(buckets, [three, alone(2_000, 0.1)]);
        let last = store.points(points_of("t", 2_001, i64::MAX, 1)).await.unwrap();
        assert_eq!(last, [alone(i64::MAX - 1, 1.0)]);
        assert_eq!(store.points(points_of("t", 1_001, 1_999, 1)).await.unwrap(), []);
        // SQLite keeps no sign of a zero.
        for (series, value) in [("max", f64::MAX), ("min", 5e-324)] {
            let bucket = store.points(points_of(series, 0, i64::MAX, u64::MAX)).await.unwrap()[0];
            assert_eq!((bucket.last.to_bits(), bucket.count), (f64::to_bits(value), 1), "{series}");
        }
    }

    pub(super) async fn there_are_so_many_buckets_and_no_more(mut place: Place) {
        let store = place.open().await;
        let samples: Vec<_> = (0..MOST_BUCKETS).map(|ts| format!("{{\"ts\":{ts},\"t\":1}}")).collect();
        let samples: Vec<_> = samples.iter().map(String::as_str).collect();
        store.insert(batch("ep-1", "c-1", 5, &samples)).await.unwrap();
        let all = points_of("t", 0, i64::MAX, 1);
        assert_eq!(store.points(all.clone()).await.unwrap().len(), MOST_BUCKETS);
        let one_more = format!("{{\"ts\":{MOST_BUCKETS},\"t\":1}}");
        store.insert(batch("ep-1", "c-2", 5, &[&one_more])).await.unwrap();
        let refused = store.points(all).await;
        assert!(matches!(refused, Err(StoreError::TooManyPoints)), "{refused:?}");
        let coarse = store.points(points_of("t", 0, i64::MAX, 1_000_000)).await.unwrap();
        assert_eq!(coarse[0].count, MOST_BUCKETS as u64 + 1);
    }

    pub(super) async fn what_nobody_knows_has_nothing(mut place: Place) {
        let store = place.open().await;
        store.insert(batch("ep-1", "c", 5, &[r#"{"t":1}"#])).await.unwrap();
        for odd in ["", "nobody", "ep-1\0", "\0", "'; --"] {
            assert_eq!(store.series(odd.to_owned(), page("", 10)).await.unwrap(), [""; 0], "{odd:?}");
            assert_eq!(store.samples(samples_of(odd)).await.unwrap(), [], "{odd:?}");
            assert_eq!(store.points(points_of(odd, 0, 9, 1)).await.unwrap(), [], "{odd:?}");
            let wanted = Points { endpoint: odd.to_owned(), ..points_of("t", 0, 9, 1) };
            assert_eq!(store.points(wanted).await.unwrap(), [], "{odd:?}");
        }
        // A series that cannot have its name is none, and the sample is stored all the same.
        let nul = batch("ep-1", "nul", 6, &[r#"{"a\u0000b":1,"u":2}"#]);
        assert_eq!((nul.points(), nul.left_out), (1, 1));
        assert_eq!(store.insert(nul).await.unwrap(), Inserted::New);
        assert_eq!(store.series("ep-1".to_owned(), page("", 10)).await.unwrap(), ["t", "u"]);
        assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap())[1], r#"{"a\u0000b":1,"u":2}"#);
    }

    pub(super) async fn of_many_who_store_one_batch_exactly_one_is_told_that_it_is_new(mut place: Place) {
        let replicas = [place.open().await, place.open().await];
        for round in 0..5 {
            let same = batch("ep-1", &format!("c-{round}"), 5, &[r#"{"t":1}"#, r#"{"u":1}"#]);
            let inserts = (0..16).map(|n| replicas[n % 2].insert(same.clone()));
            let answers: Vec<_> = join_all(inserts).await.into_iter().map(Result::unwrap).collect();
            let new = answers.iter().filter(|answer| **answer == Inserted::New).count();
            assert_eq!((new, answers.len()), (1, 16), "round {round}");
        }
        assert_eq!(replicas[0].samples(samples_of("ep-1")).await.unwrap().len(), 10);
        assert_eq!(replicas[1].points(points_of("t", 0, 9, 1)).await.unwrap()[0].count, 5);
    }

    pub(super) async fn batches_that_come_at_the_same_time_are_all_stored(mut place: Place) {
        let replicas = [place.open().await, place.open().await];
        let batches: Vec<_> = (0..120)
            .map(|n| batch(&format!("ep-{}", n % 3), &format!("c-{n}"), n, &[r#"{"t":1,"u":1}"#, "2"]))
            .collect();
        let inserts = batches.iter().enumerate().map(|(n, batch)| replicas[n % 2].insert(batch.clone()));
        for answer in join_all(inserts).await {
            assert_eq!(answer.unwrap(), Inserted::New);
        }
        for endpoint in ["ep-0", "ep-1", "ep-2"] {
            assert_eq!(replicas[0].samples(samples_of(endpoint)).await.unwrap().len(), 80);
        }
        assert_eq!(replicas[0].endpoints(page("", 10)).await.unwrap().len(), 3);
        assert_eq!(replicas[1].points(points_of("t", 0, 1_000, 1_000)).await.unwrap()[0].count, 40);
    }

    pub(super) async fn the_largest_batch_is_stored(mut place: Place) {
        let store = place.open().await;
        let samples: Vec<_> = (0..MOST_SAMPLES)
            .map(|n| format!("{{\"ts\":{n},\"a\":{n},\"b\":1,\"c\":2,\"d\":3,\"e{}\":4}}", n % 200))
            .collect();
        let samples: Vec<_> = samples.iter().map(String::as_str).collect();
        let largest = batch("ep-1", "c", 5, &samples);
        assert_eq!(store.insert(largest.clone()).await.unwrap(), Inserted::New);
        assert_eq!(store.insert(largest).await.unwrap(), Inserted::Known);
        let buckets = store.points(points_of("a", 0, i64::MAX, 100)).await.unwrap();
        assert_eq!((buckets.len(), buckets[7].count, buckets[7].last), (100, 100, 799.0));
        assert_eq!(store.series("ep-1".to_owned(), page("", 1_000)).await.unwrap().len(), 204);
        let last = Samples { from: 9_999, ..samples_of("ep-1") };
        assert_eq!(store.samples(last).await.unwrap()[0].index, 9_999);
    }

    pub(super) async fn what_was_confirmed_survives_a_kill(mut place: Place) {
        let store = place.open().await;
        let first = batch("ep-1", "c-1", 5, &[r#"{"t":1}"#]);
        store.insert(first.clone()).await.unwrap();
        let before = store.samples(samples_of("ep-1")).await.unwrap();
        place.kill_and_restart().await;
        let store = place.open().await;
        assert_eq!(store.samples(samples_of("ep-1")).await.unwrap(), before);
        assert_eq!(store.insert(first).await.unwrap(), Inserted::Known);
        assert_eq!(store.insert(batch("ep-1", "c-2", 6, &["2"])).await.unwrap(), Inserted::New);
        assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), [r#"{"t":1}"#, "2"]);
    }

    pub(super) async fn what_cannot_be_written_is_503_and_not_stored(mut place: Place) {
        let store = place.open().await;
        store.insert(batch("ep-1", "c-1", 5, &["1"])).await.unwrap();
        place.writable(false).await;
        assert_eq!(place::receipt(&store, &event("ep-1", "c-2", 6, &["2"])).await, 503);
        assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), ["1"], "it can still be read");
        place.writable(true).await;
        let store = place.open().await;
        assert_eq!(place::receipt(&store, &event("ep-1", "c-2", 6, &["2"])).await, 200);
        assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), ["1", "2"]);
    }

    pub(super) async fn a_full_disk_is_507_and_nothing_is_stored(mut place: Place) {
        let store = place.open().await;
        store.insert(batch("ep-1", "c-1", 5, &["1"])).await.unwrap();
        place.fill().await;
        let large = "x".repeat(100_000);
        assert_eq!(place::receipt(&store, &event("ep-2", "c-2", 6, &[&large])).await, 507);
        assert_eq!(store.endpoints(page("", 10)).await.unwrap().len(), 1);
        assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), ["1"]);
    }

    pub(super) async fn a_closed_store_is_not_available(mut place: Place) {
        let store = place.open().await;
        store.insert(batch("ep-1", "c-1", 5, &["1"])).await.unwrap();
        store.close().await;
        let refused = store.insert(batch("ep-1", "c-2", 6, &["1"])).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        let refused = store.endpoints(page("", 10)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        store.close().await;
    }
}
