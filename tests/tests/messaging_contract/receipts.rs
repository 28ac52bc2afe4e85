//! Receipts (13/DSTP): who has confirmed an event, and who has not.

use std::time::Duration;

use kaa_bus::{Context, Gathered};
use kaa_protocol::dstp::{DataSamplesEvent, DataSamplesProcessed};
use kaa_tests::avro::Avro;
use kaa_tests::on_both;
use kaa_tests::patience::PATIENCE;
use kaa_tests::venue::Venue;
use serde_json::json;
use tokio::time::Instant;

use crate::cancel::{Steps, drop_after};
use crate::peer::{Peer, receipt};
use crate::{CMX, EPTS, HOUR, NOBODY, RCI, done, late_answers, open_calls, replica, tell};

on_both! {
    an_event_is_confirmed_by_all_its_receivers
    a_receiver_that_does_not_confirm_in_time_is_named
    a_receiver_that_failed_has_confirmed
    receipts_of_strangers_for_other_events_or_sent_twice_do_not_count
    a_receiver_named_twice_confirms_once
    awaited_events_nobody_listens_to_are_missed_by_all_at_once
    an_event_awaited_from_nobody_is_only_sent
    a_close_ends_the_wait_for_receipts
    a_dropped_wait_for_receipts_leaves_nothing_behind
}

fn statuses(gathered: &Gathered<DataSamplesProcessed>) -> Vec<(&str, i32)> {
    let receipts = gathered.receipts.iter();
    receipts.map(|receipt| (&*receipt.receiver_service_instance_name, receipt.status_code)).collect()
}

mod scenarios {
    use super::*;

    pub(super) async fn an_event_is_confirmed_by_all_its_receivers(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let mut rci = Peer::collector(&alice, RCI).await;
        let cmx = replica(&alice, CMX, "cmx-0").within(Context::new("c", Instant::now() + PATIENCE));
        let gathered = tell(&cmx, &[EPTS, RCI], HOUR);
        let event = rci.next().await;
        assert_eq!(event.subject, "kaa.v1.events.cmx.endpoint.data-collection.data-samples-received");
        assert_eq!(event.reply_to, "kaa.v1.replica.cmx-0.dstp.DataSamplesProcessed");
        assert_eq!(
            (&event.fields["correlationId"], &event.fields["endpointId"]),
            (&json!("c"), &json!("ep-1"))
        );
        assert_eq!(event.fields["dataSamples"], json!([b"{}"]));
        let timeout = event.fields["timeout"].as_i64().unwrap();
        assert!((1..=10_000).contains(&timeout), "{timeout}");
        rci.confirm(&event, &RCI, 200).await;
        let event = epts.next().await;
        epts.confirm(&event, &EPTS, 204).await;
        let gathered = done(gathered).await.unwrap();
        assert!(gathered.is_complete());
        let mut statuses = statuses(&gathered);
        statuses.sort_unstable();
        assert_eq!(statuses, [("epts", 204), ("rci", 200)]);
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 0));
    }

    pub(super) async fn a_receiver_that_does_not_confirm_in_time_is_named(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let mut rci = Peer::collector(&bob, RCI).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let gathered = tell(&cmx, &[NOBODY, RCI, EPTS], Duration::from_millis(500));
        let event = epts.next().await;
        epts.confirm(&event, &EPTS, 200).await;
        let gathered = done(gathered).await.unwrap();
        assert!(!gathered.is_complete());
        assert_eq!((statuses(&gathered), &*gathered.missing), (vec![("epts", 200)], &[NOBODY, RCI][..]));
        assert_eq!(open_calls(&cmx), 0);
        let event = rci.next().await;
        rci.confirm(&event, &RCI, 200).await;
        late_answers(&alice, 1).await;
    }

    pub(super) async fn a_receiver_that_failed_has_confirmed(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let gathered = tell(&cmx, &[EPTS], HOUR);
        let event = epts.next().await;
        let mut failed = receipt(&event.fields, &EPTS, 500);
        failed["reasonPhrase"] = json!("disk full");
        epts.send(&event.reply_to, failed).await;
        let gathered = done(gathered).await.unwrap();
        assert!(gathered.is_complete());
        assert_eq!(statuses(&gathered), [("epts", 500)]);
        assert_eq!(gathered.receipts[0].reason_phrase.as_deref(), Some("disk full"));
    }

    pub(super) async fn receipts_of_strangers_for_other_events_or_sent_twice_do_not_count(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let gathered = tell(&cmx, &[EPTS, RCI], HOUR);
        let event = epts.next().await;
        epts.confirm(&event, &EPTS, 200).await;
        // Once more, and not as good.
        epts.confirm(&event, &EPTS, 500).await;
        epts.confirm(&event, &NOBODY, 200).await;
        let other = json!({"correlationId": "another"});
        epts.send(&event.reply_to, receipt(&other, &RCI, 200)).await;
        // No receipt, but with the right correlation ID in front.
        let request = json!({
            "correlationId": event.fields["correlationId"], "timestamp": 1, "appVersionName": "v1",
            "endpointId": "ep-1",
        });
        let datum = Avro::of("6/CDTP", "ConfigRequest").write(request);
        bob.publish(event.reply_to.parse().unwrap(), None, datum).await.unwrap();
        late_answers(&alice, 4).await;
        assert_eq!(open_calls(&cmx), 1);
        epts.confirm(&event, &RCI, 200).await;
        let gathered = done(gathered).await.unwrap();
        assert_eq!(statuses(&gathered), [("epts", 200), ("rci", 200)]);
        assert!(gathered.is_complete());
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 4));
    }

    pub(super) async fn a_receiver_named_twice_confirms_once(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let gathered = tell(&cmx, &[EPTS, RCI, EPTS, RCI], HOUR);
        let event = epts.next().await;
        epts.confirm(&event, &EPTS, 200).await;
        epts.confirm(&event, &RCI, 200).await;
        let gathered = done(gathered).await.unwrap();
        assert_eq!(statuses(&gathered), [("epts", 200), ("rci", 200)]);
    }

    pub(super) async fn awaited_events_nobody_listens_to_are_missed_by_all_at_once(venue: Venue) {
        let bus = venue.connect().await;
        let cmx = replica(&bus, CMX, "cmx-0");
        let told: Vec<_> = (0..10).map(|_| tell(&cmx, &[RCI, EPTS], HOUR)).collect();
        for gathered in told {
            let gathered = done(gathered).await.unwrap();
            assert_eq!((gathered.receipts, &*gathered.missing), (vec![], &[EPTS, RCI][..]));
        }
        assert_eq!((open_calls(&cmx), bus.stats().late_answers), (0, 0));
    }

    pub(super) async fn an_event_awaited_from_nobody_is_only_sent(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let gathered = done(tell(&cmx, &[], HOUR)).await.unwrap();
        assert!(gathered.is_complete() && gathered.receipts.is_empty());
        epts.next().await;
        assert_eq!(open_calls(&cmx), 0);
    }

    pub(super) async fn a_close_ends_the_wait_for_receipts(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let gathered = tell(&cmx, &[EPTS, RCI], HOUR);
        let event = epts.next().await;
        epts.confirm(&event, &EPTS, 200).await;
        bob.fence(PATIENCE).await.unwrap();
        alice.close(PATIENCE).await.unwrap();
        let gathered = done(gathered).await.unwrap();
        assert_eq!((statuses(&gathered), &*gathered.missing), (vec![("epts", 200)], &[RCI][..]));
    }

    pub(super) async fn a_dropped_wait_for_receipts_leaves_nothing_behind(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut epts = Peer::collector(&bob, EPTS).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        done(tell(&cmx, &[], HOUR)).await.unwrap();
        let (mut steps, event) = (Steps(11), DataSamplesEvent::default());
        for _ in 0..100 {
            let steps = 1 + steps.next_below(200);
            let is_done = drop_after(steps, cmx.publish_awaited(&event, &[EPTS], HOUR)).await;
            assert!(!is_done, "nobody has confirmed it");
        }
        assert_eq!(open_calls(&cmx), 0);
        let sent = alice.stats().published;
        assert_eq!(sent, 101);
        for event in epts.take(sent.try_into().unwrap()).await {
            epts.confirm(&event, &EPTS, 200).await;
        }
        late_answers(&alice, sent).await;
    }
}
