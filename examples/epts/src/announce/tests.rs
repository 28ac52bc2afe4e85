use bytes::Bytes;
use kaa_ext::bus::{Bus, Delivery, MemoryServer};
use kaa_ext::protocol::name::{ReplicaId, ServiceInstance};

use super::*;
use crate::batch::Sample;
use crate::tally::Counts;

const PATIENCE: Duration = Duration::from_secs(60);

fn messaging(bus: &Bus) -> Messaging {
    let epts = ServiceInstance::from_static("epts");
    let replica = ReplicaId::random(&epts);
    Messaging::new(bus.clone(), epts, replica)
}

/// Samples at 0, 1, 2, …, each with these values.
fn batch(samples: usize, values: &[(&str, f64)]) -> Arc<Batch> {
    let values: Vec<_> = values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let sample = |time| Sample { time, content: Bytes::new(), values: values.clone() };
    Arc::new(Batch {
        endpoint: "ep-1".parse().unwrap(),
        app_version: "v1".parse().unwrap(),
        correlation_id: "c".to_owned(),
        digest: [0; 32],
        sent: 7,
        content_type: String::new(),
        samples: (0_i64..).take(samples).map(sample).collect(),
        left_out: 0,
    })
}

/// Everything that waits has gone out, or not.
async fn settled(tally: &Tally, is_so: impl Fn(Counts) -> bool) {
    let so = async {
        while !is_so(tally.counts()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, so).await.expect("counts that settle");
}

#[tokio::test(start_paused = true)]
async fn an_event_has_so_many_points_and_the_next_one_goes_on() {
    let bus = Bus::memory();
    let mut listener = messaging(&bus).listen::<TimeSeriesEvent>(None, Delivery::EveryReplica).await.unwrap();
    let (announcer, _announcing) = Announcer::start(Arc::default());
    for (points, expected) in [(POINTS - 1, vec![999]), (POINTS, vec![1_000]), (POINTS + 1, vec![1_000, 1])] {
        announcer.announce(messaging(&bus), &batch(points, &[("t", -0.5)]));
        let mut next_time = 0;
        for length in expected {
            let event = timeout(PATIENCE, listener.next()).await.unwrap().unwrap().unwrap();
            assert_eq!((&*event.time_series_name, &*event.app_version_name), ("auto~t", "v1"));
            assert_eq!(event.data_points.len(), length);
            for point in &event.data_points {
                assert_eq!((point.timestamp, point.ingestion_timestamp), (next_time, 7));
                assert!(matches!(point.values.get("value"), Some(DataValue::Double(value)) if value == -0.5));
                next_time += 1;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_batches_wait_and_what_comes_then_is_counted() {
    let (bus, tally) = (Bus::memory(), Arc::new(Tally::default()));
    let (announcer, _announcing) = Announcer::start(tally.clone());
    let two_series = batch(1, &[("t", 1.0), ("u", 1.0)]);
    // Nobody sends while this test does not wait.
    for (waiting, unannounced) in [(WAITING - 1, 0), (1, 0), (1, 2)] {
        for _ in 0..waiting {
            announcer.announce(messaging(&bus), &two_series);
        }
        assert_eq!(tally.counts().unannounced, unannounced);
    }
    settled(&tally, |counts| counts.announced == 2 * WAITING as u64).await;
    announcer.announce(messaging(&bus), &two_series);
    settled(&tally, |counts| counts.announced == 2 * WAITING as u64 + 2).await;
    assert_eq!(tally.counts().unannounced, 2, "there is room again");
}

#[tokio::test(start_paused = true)]
async fn so_many_points_wait_and_what_comes_then_is_counted() {
    let (bus, tally) = (Bus::memory(), Arc::new(Tally::default()));
    let (announcer, _announcing) = Announcer::start(tally.clone());
    announcer.announce(messaging(&bus), &batch(WAITING_POINTS - 1, &[("t", 1.0)]));
    announcer.announce(messaging(&bus), &batch(1, &[("t", 1.0)]));
    assert_eq!(tally.counts().unannounced, 0);
    announcer.announce(messaging(&bus), &batch(1, &[("t", 1.0)]));
    assert_eq!(tally.counts().unannounced, 1);
    // What has no points needs no room.
    announcer.announce(messaging(&bus), &batch(1, &[]));
    assert_eq!(tally.counts().unannounced, 1);
    settled(&tally, |counts| counts.announced == 501).await;
    announcer.announce(messaging(&bus), &batch(WAITING_POINTS, &[("t", 1.0)]));
    settled(&tally, |counts| counts.announced == 1_001).await;
    announcer.announce(messaging(&bus), &batch(WAITING_POINTS + 1, &[("t", 1.0)]));
    assert_eq!(tally.counts().unannounced, 2);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_go_out_is_counted_and_the_next_batch_does() {
    let (server, tally) = (MemoryServer::new(), Arc::new(Tally::default()));
    let bus = server.connect();
    let (announcer, _announcing) = Announcer::start(tally.clone());
    server.stop();
    announcer.announce(messaging(&bus), &batch(2, &[("t", 1.0), ("a b", 1.0)]));
    settled(&tally, |counts| (counts.unannounced, counts.unnameable) == (1, 1)).await;
    server.start();
    announcer.announce(messaging(&bus), &batch(2, &[("t", 1.0)]));
    settled(&tally, |counts| counts.announced == 1).await;
    assert_eq!(tally.counts().unannounced, 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_announced_before_the_end_and_nothing_after_it() {
    let (bus, tally) = (Bus::memory(), Arc::new(Tally::default()));
    let (announcer, announcing) = Announcer::start(tally.clone());
    for _ in 0..WAITING {
        announcer.announce(messaging(&bus), &batch(1, &[("t", 1.0)]));
    }
    announcing.end().await;
    assert_eq!(tally.counts().announced, WAITING as u64);
    announcer.announce(messaging(&bus), &batch(1, &[("t", 1.0)]));
    assert_eq!((tally.counts().announced, tally.counts().unannounced), (WAITING as u64, 1));
}
