//! Events: where they go, who gets them, and whose they are.

use futures_util::future::join_all;
use kaa_bus::{Context, Delivery, EventError, Events, Subject};
use kaa_protocol::Bytes;
use kaa_protocol::cdtp::{ConfigApplied, ConfigUpdated};
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::ism::Event;
use kaa_protocol::tstp::TimeSeriesEvent;
use kaa_tests::avro::Avro;
use kaa_tests::on_both;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use serde_json::json;
use tokio::time::Instant;

use crate::{CDP, CMX, EPTS, HOUR, replica, settled, subscribe};

on_both! {
    an_event_goes_to_the_subject_of_its_type_and_names_the_replica_it_is_from
    one_replica_of_every_service_gets_an_event
    every_replica_gets_an_event_if_it_wants_to
    events_are_heard_from_one_originator_or_from_all
    a_replica_knows_its_own_events
    what_is_sent_in_place_of_an_event_is_an_error_and_not_the_end
    events_of_a_context_carry_its_correlation_id_on
    a_time_series_is_published_under_its_name_and_not_at_all_if_that_is_no_token
}

/// The events that have arrived, and the end of the subscription.
async fn rest<E: Event>(mut events: Events<E>) -> Vec<E> {
    events.drain(PATIENCE).await.unwrap();
    let mut rest = Vec::new();
    while let Some(event) = soon("the end of the events", events.next()).await {
        rest.push(event.unwrap());
    }
    rest
}

mod scenarios {
    use super::*;

    pub(super) async fn an_event_goes_to_the_subject_of_its_type_and_names_the_replica_it_is_from(
        venue: Venue,
    ) {
        let (alice, bob) = venue.pair().await;
        let mut everything = subscribe(&bob, "kaa.>").await;
        let cdp = replica(&alice, CDP, "cdp-0");
        let event = ConfigUpdated {
            app_version_name: "v1".into(),
            endpoint_id: "ep-1".into(),
            config_id: "c-1".into(),
            content: Bytes::from_static(b"{}"),
            ..ConfigUpdated::default()
        };
        cdp.publish_event(&event).await.unwrap();
        let message = soon("the event", everything.next()).await.unwrap();
        assert_eq!(message.subject, "kaa.v1.events.cdp.endpoint.config.updated");
        assert_eq!(message.reply_to, None);
        let fields = Avro::of("6/CDTP", "ConfigUpdated").read(&message.payload);
        assert_eq!(fields["originatorReplicaId"], "cdp-0");
        assert_eq!((&fields["endpointId"], &fields["configId"]), (&json!("ep-1"), &json!("c-1")));
        assert_eq!(fields["content"], json!(b"{}"));
        assert!(fields["correlationId"].as_str().unwrap().starts_with("cdp-0-"), "{fields}");
        assert!(fields["timestamp"].as_i64().unwrap() > 1_700_000_000_000, "{fields}");
        assert_eq!(fields["timeout"], 0);
    }

    /// Two replicas of one service and one of another listen; how many of 50 events each of them gets.
    async fn shares(venue: &Venue, delivery: Delivery) -> [usize; 3] {
        let (alice, bob) = venue.pair().await;
        let cmx = [replica(&alice, CMX, "cmx-0"), replica(&bob, CMX, "cmx-1")];
        let epts = replica(&bob, EPTS, "epts-0");
        let listeners = [
            cmx[0].listen::<ConfigUpdated>(None, delivery).await.unwrap(),
            cmx[1].listen::<ConfigUpdated>(None, delivery).await.unwrap(),
            epts.listen::<ConfigUpdated>(None, delivery).await.unwrap(),
        ];
        let cdp = replica(&alice, CDP, "cdp-0");
        for _ in 0..50 {
            cdp.publish_event(&ConfigUpdated::default()).await.unwrap();
        }
        settled([&alice, &bob]).await;
        let shares = join_all(listeners.map(rest)).await;
        [shares[0].len(), shares[1].len(), shares[2].len()]
    }

    pub(super) async fn one_replica_of_every_service_gets_an_event(venue: Venue) {
        let [first, second, other] = shares(&venue, Delivery::OneReplica).await;
        assert_eq!((first + second, other), (50, 50));
        assert!(first > 0 && second > 0, "{first} and {second}");
    }

    pub(super) async fn every_replica_gets_an_event_if_it_wants_to(venue: Venue) {
        assert_eq!(shares(&venue, Delivery::EveryReplica).await, [50, 50, 50]);
    }

    pub(super) async fn events_are_heard_from_one_originator_or_from_all(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let cmx = replica(&bob, CMX, "cmx-0");
        let of_one = cmx.listen::<ConfigUpdated>(Some(&CDP), Delivery::EveryReplica).await.unwrap();
        let of_all = cmx.listen::<ConfigUpdated>(None, Delivery::EveryReplica).await.unwrap();
        let others = cmx.listen::<ConfigApplied>(None, Delivery::EveryReplica).await.unwrap();
        for (originator, id) in [(CDP, "cdp-0"), (EPTS, "epts-0"), (CDP, "cdp-1")] {
            replica(&alice, originator, id).publish_event(&ConfigUpdated::default()).await.unwrap();
        }
        settled([&alice, &bob]).await;
        let originators = |events: &[ConfigUpdated]| -> Vec<String> {
            let ids = events.iter().map(|event| event.originator_replica_id.clone().unwrap());
            ids.map(|id| id.to_string()).collect()
        };
        assert_eq!(originators(&rest(of_one).await), ["cdp-0", "cdp-1"]);
        assert_eq!(originators(&rest(of_all).await), ["cdp-0", "epts-0", "cdp-1"]);
        assert_eq!(rest(others).await, []);
    }

    pub(super) async fn a_replica_knows_its_own_events(venue: Venue) {
        let bus = venue.connect().await;
        let (first, second) = (replica(&bus, CMX, "cmx-0"), replica(&bus, CMX, "cmx-1"));
        let mut events = first.listen::<ConfigApplied>(None, Delivery::EveryReplica).await.unwrap();
        first.publish_event(&ConfigApplied::default()).await.unwrap();
        second.publish_event(&ConfigApplied::default()).await.unwrap();
        for is_of_first in [true, false] {
            let event = soon("an event", events.next()).await.unwrap().unwrap();
            assert_eq!((first.is_own(&event), second.is_own(&event)), (is_of_first, !is_of_first));
        }
        // Events of old, and those of types without an originator, are nobody's own.
        assert!(!first.is_own(&ConfigApplied::default()));
        assert!(!first.is_own(&DataSamplesEvent::default()));
    }

    pub(super) async fn what_is_sent_in_place_of_an_event_is_an_error_and_not_the_end(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let cmx = replica(&bob, CMX, "cmx-0");
        let mut events = cmx.listen::<ConfigUpdated>(None, Delivery::OneReplica).await.unwrap();
        let subject: Subject = "kaa.v1.events.cdp.endpoint.config.updated".parse().unwrap();
        alice.publish(subject.clone(), None, Bytes::from_static(b"\x02a")).await.unwrap();
        let fields = json!({
            "correlationId": "c", "timestamp": 1, "appVersionName": "v1", "endpointId": "ep-1",
            "configId": "c-1", "content": "{}",
        });
        let datum = Avro::of("6/CDTP", "ConfigUpdated").write(fields);
        alice.publish(subject, None, datum).await.unwrap();
        soon("an error", events.next()).await.unwrap().unwrap_err();
        let event = soon("an event", events.next()).await.unwrap().unwrap();
        assert_eq!((&*event.endpoint_id, &event.content[..]), ("ep-1", &b"{}"[..]));
        assert_eq!((&*event.content_type, &event.originator_replica_id), ("application/json", &None));
    }

    pub(super) async fn events_of_a_context_carry_its_correlation_id_on(venue: Venue) {
        let bus = venue.connect().await;
        let cmx = replica(&bus, CMX, "cmx-0");
        let mut events = cmx.listen::<ConfigApplied>(None, Delivery::EveryReplica).await.unwrap();
        let within = cmx.within(Context::new("c", Instant::now() + HOUR));
        within.publish_event(&ConfigApplied::default()).await.unwrap();
        within.publish_event(&ConfigApplied::default()).await.unwrap();
        cmx.publish_event(&ConfigApplied::default()).await.unwrap();
        cmx.publish_event(&ConfigApplied::default()).await.unwrap();
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(soon("an event", events.next()).await.unwrap().unwrap().correlation_id);
        }
        assert_eq!((&*ids[0], &*ids[1]), ("c", "c"));
        assert!(ids[2] != ids[3] && ids[2..].iter().all(|id| id.starts_with("cmx-0-")), "{ids:?}");
    }

    pub(super) async fn a_time_series_is_published_under_its_name_and_not_at_all_if_that_is_no_token(
        venue: Venue,
    ) {
        let bus = venue.connect().await;
        let mut everything = subscribe(&bus, "kaa.>").await;
        let epts = replica(&bus, EPTS, "epts-0");
        let named = |name: &str| TimeSeriesEvent {
            time_series_name: name.to_owned().into(),
            ..TimeSeriesEvent::default()
        };
        for name in ["", "a b", "a.b", "*", ">", "ü", "a\r\nPUB x 0"] {
            let error = epts.publish_event(&named(name)).await.unwrap_err();
            assert!(matches!(error, EventError::Name(_)), "{name:?}: {error:?}");
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(!source.is_empty() && !error.to_string().contains(&source), "{error}: {source}");
        }
        epts.publish_event(&named("auto~t")).await.unwrap();
        let message = soon("the event", everything.next()).await.unwrap();
        let subject = "kaa.v1.events.epts.endpoint.data-collection.data-points-received.auto~t";
        assert_eq!(message.subject, subject);
        assert_eq!(bus.stats().published, 1);
    }
}
