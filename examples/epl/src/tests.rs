//! The service as a communication service and those who listen to it see it.

use std::num::NonZeroUsize;

use kaa_ext::protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_ext::protocol::eme::MetadataUpdatedEvent;
use kaa_ext::protocol::tstp::{DataValue, TimeSeriesEvent};
use kaa_ext::testing::{TestEvents, TestKaa, TestService};

use super::*;
use crate::presence::Place;

struct World {
    kaa: TestKaa,
    kpc: TestService,
    metadata: TestEvents<MetadataUpdatedEvent>,
    points: TestEvents<TimeSeriesEvent>,
}

async fn world() -> World {
    let kaa = TestKaa::start(extension(&Config::default()).build().unwrap()).await;
    let (kpc, watcher) = (kaa.service("kpc"), kaa.service("watcher"));
    World { kpc, metadata: watcher.listen().await, points: watcher.listen().await, kaa }
}

impl World {
    async fn connected(&self, endpoint: &str, replica: &str, at: i64) {
        let event = ConnectedEvent {
            timestamp: at,
            endpoints: [(endpoint, "v1")].into_iter().collect(),
            originator_replica_id: replica.into(),
            ..ConnectedEvent::default()
        };
        self.kpc.publish(&event).await;
    }

    async fn disconnected(&self, endpoints: &[&str], replica: &str, at: i64) {
        let event = DisconnectedEvent {
            timestamp: at,
            endpoints: endpoints.iter().map(|endpoint| (*endpoint, "v1")).collect(),
            originator_replica_id: replica.into(),
            ..DisconnectedEvent::default()
        };
        self.kpc.publish(&event).await;
    }

    /// What is told next: of whom, whether it is connected, and when that was.
    async fn told(&mut self) -> (String, bool, i64) {
        let metadata = self.metadata.next().await;
        let value = |key: &str| metadata.updated.get(key).and_then(|change| change.new_value);
        let connected = value("connected").unwrap() == "true";
        let (time, other) = if connected {
            ("lastConnected", "lastDisconnected")
        } else {
            ("lastDisconnected", "lastConnected")
        };
        assert_eq!(value(other), None);
        let at = value(time).unwrap().parse().unwrap();

        let series = self.points.next().await;
        assert_eq!(
            (&series.endpoint_id, &*series.time_series_name),
            (&metadata.endpoint_id, "auto~connected")
        );
        let point = series.data_points.iter().next().unwrap();
        assert_eq!(point.timestamp, at);
        assert_eq!(point.values.get("value"), Some(DataValue::Int(connected.into())));
        (metadata.endpoint_id.to_string(), connected, at)
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_and_who_leaves_is_told_as_metadata_and_as_a_point() {
    let mut world = world().await;
    world.connected("ep-1", "kpc-a", 1_000).await;
    assert_eq!(world.told().await, ("ep-1".into(), true, 1_000));
    world.connected("ep-2", "kpc-a", 1_500).await;
    assert_eq!(world.told().await, ("ep-2".into(), true, 1_500));
    world.disconnected(&["ep-1", "ep-2"], "kpc-a", 2_000).await;
    let mut told = [world.told().await, world.told().await];
    told.sort();
    assert_eq!(told, [("ep-1".into(), false, 2_000), ("ep-2".into(), false, 2_000)]);
}

#[tokio::test(start_paused = true)]
async fn the_late_disconnect_of_the_replica_that_was_left_is_not_told() {
    let mut world = world().await;
    world.connected("ep-1", "kpc-a", 1_000).await;
    world.told().await;
    world.connected("ep-1", "kpc-b", 2_000).await;
    world.told().await;
    // The old replica notices that its connection is dead, a minute after the new one was made.
    world.disconnected(&["ep-1"], "kpc-a", 62_000).await;
    world.disconnected(&["ep-1"], "kpc-b", 70_000).await;
    assert_eq!(world.told().await, ("ep-1".into(), false, 70_000));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_overtaken_is_not_told() {
    let mut world = world().await;
    world.connected("ep-1", "kpc-a", 2_000).await;
    world.told().await;
    // Of the connection before, on the same replica.
    world.disconnected(&["ep-1"], "kpc-a", 1_999).await;
    world.connected("ep-1", "kpc-b", 1_999).await;
    world.disconnected(&["ep-1"], "kpc-a", 3_000).await;
    assert_eq!(world.told().await, ("ep-1".into(), false, 3_000));
    world.connected("ep-1", "kpc-a", 2_500).await;
    world.connected("ep-1", "kpc-a", 3_001).await;
    assert_eq!(world.told().await, ("ep-1".into(), true, 3_001));
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_one_tells_and_both_know_what_is_out_of_date() {
    let mut world = world().await;
    let other = extension(&Config::default()).build().unwrap();
    let _other = TestKaa::start_on(world.kaa.bus().clone(), other).await;
    for round in 0..20 {
        // Not zero: that is filled in with the time of sending.
        let (endpoint, at) = (format!("ep-{round}"), 10_000 * i64::from(round) + 1);
        world.connected(&endpoint, "kpc-a", at).await;
        assert_eq!(world.told().await, (endpoint.clone(), true, at));
        world.connected(&endpoint, "kpc-b", at + 1).await;
        assert_eq!(world.told().await, (endpoint.clone(), true, at + 1));
        world.disconnected(&[&endpoint], "kpc-a", at + 2).await;
        world.disconnected(&[&endpoint], "kpc-b", at + 3).await;
        assert_eq!(world.told().await, (endpoint.clone(), false, at + 3));
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_are_none_are_left_out() {
    let mut world = world().await;
    world.disconnected(&["no endpoint", "", "ep-1"], "kpc-a", 1).await;
    assert_eq!(world.told().await, ("ep-1".into(), false, 1));
}

#[test]
fn an_event_holds_as_often_as_it_is_asked_and_no_longer_than_it_does() {
    let presence = Presence::new(NonZeroUsize::new(10).unwrap());
    let place = |is_connected, replica: &'static str, at| Place { is_connected, replica: replica.into(), at };
    let (here, there) = (place(true, "a", 1), place(true, "b", 2));
    assert!(presence.take("ep-1", &here) && presence.take("ep-1", &here));
    assert!(presence.take("ep-1", &there));
    assert!(!presence.take("ep-1", &here));
    assert!(!presence.take("ep-1", &place(false, "a", 3)));
    assert!(presence.take("ep-1", &place(false, "b", 2)));
}

#[test]
fn as_many_endpoints_are_remembered_as_wished_and_the_oldest_is_forgotten() {
    let presence = Presence::new(NonZeroUsize::new(2).unwrap());
    let here = Place { is_connected: true, replica: "a".into(), at: 2 };
    let left = Place { is_connected: false, replica: "b".into(), at: 1 };
    presence.take("ep-1", &here);
    presence.take("ep-2", &here);
    assert!(!presence.take("ep-1", &left) && !presence.take("ep-2", &left));
    presence.take("ep-3", &here);
    assert!(!presence.take("ep-2", &left) && !presence.take("ep-3", &left));
    assert!(presence.take("ep-1", &left), "forgotten");
}
