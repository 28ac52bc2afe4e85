//! Requests: which answer belongs to which, and what goes over the wire.

use std::time::Duration;

use futures_util::future::join_all;
use kaa_bus::{Context, Delivery, EventError, RequestError, Subject};
use kaa_protocol::Bytes;
use kaa_protocol::cdtp::{ConfigApplied, ConfigRequest, ConfigResponse};
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::ism::{Message, Request};
use kaa_protocol::name::ReplicaId;
use kaa_tests::avro::Avro;
use kaa_tests::on_all;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::peer::{Peer, Received, config, receipt};
use crate::{
    CDP, CMX, EPTS, HOUR, SHORT, ask, done, late_answers, open_calls, replica, request_for, subscribe,
};

on_all! {
    a_request_is_answered_on_the_subject_of_the_replica
    one_replica_can_be_asked
    a_provider_of_our_own_make_gives_the_same_answers
    many_requests_at_once_each_get_their_own_answer_in_whatever_order
    requests_without_an_answer_end_at_their_deadline_and_are_forgotten
    duplicate_and_unasked_answers_are_counted_and_ignored
    a_late_answer_is_never_taken_for_one_to_the_next_request_of_the_context
    a_late_answer_is_never_taken_for_one_to_a_request_of_another_context_with_the_same_id
    a_second_answer_is_never_taken_for_one_to_the_next_request_with_the_same_id
    requests_at_once_under_one_correlation_id_are_told_apart
    an_answer_of_another_type_is_an_error_that_names_the_subject
    a_request_carries_on_the_correlation_id_and_what_is_left_of_the_time
    a_request_without_time_is_not_sent
    a_request_that_waits_for_ever_says_so
    what_the_sender_has_filled_in_stays
}

/// What threads could get into a tangle.
mod nats_on_several_threads {
    use super::{Venue, scenarios};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_requests_at_once_each_get_their_own_answer_in_whatever_order() {
        scenarios::many_requests_at_once_each_get_their_own_answer_in_whatever_order(Venue::nats().await)
            .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn requests_without_an_answer_end_at_their_deadline_and_are_forgotten() {
        scenarios::requests_without_an_answer_end_at_their_deadline_and_are_forgotten(Venue::nats().await)
            .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn requests_at_once_under_one_correlation_id_are_told_apart() {
        scenarios::requests_at_once_under_one_correlation_id_are_told_apart(Venue::nats().await).await;
    }
}

mod scenarios {
    use super::*;

    pub(super) async fn a_request_is_answered_on_the_subject_of_the_replica(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let request = ConfigRequest { config_id: Some("c-0".into()), ..request_for("ep-1") };
        let answer = ask(&cmx, CDP, request, PATIENCE);
        let request = provider.next().await;
        assert_eq!(request.subject, "kaa.v1.service.cdp.cdtp.request");
        assert_eq!(request.reply_to, "kaa.v1.replica.cmx-0.cdtp.response");
        let Json::Object(fields) = &request.fields else { panic!("{}", request.fields) };
        assert_eq!((&fields["appVersionName"], &fields["endpointId"]), (&json!("v1"), &json!("ep-1")));
        assert_eq!((&fields["configId"], &fields["configName"]), (&json!("c-0"), &Json::Null));
        assert!(fields["correlationId"].as_str().unwrap().starts_with("cmx-0-"));
        assert!(fields["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
        provider.answer(&request).await;
        let response = done(answer).await.unwrap();
        assert_eq!(response.config_id.as_deref(), Some("config of ep-1"));
        assert_eq!((&*response.content_type, response.status_code), ("application/json", 200));
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 0));
    }

    pub(super) async fn one_replica_can_be_asked(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let (theirs, ours) = (Avro::of("6/CDTP", "ConfigRequest"), Avro::of("6/CDTP", "ConfigResponse"));
        Peer::join(&bob, &CDP, "kaa.v1.replica.cdp-1.cdtp.request", theirs, ours).await.serve();
        let cmx = replica(&alice, CMX, "cmx-0");
        let there = ReplicaId::from_static("cdp-1");
        let response = cmx.request(there, &request_for("ep-1"), PATIENCE).await.unwrap();
        assert_eq!(response.config_id.as_deref(), Some("config of ep-1"));
        let gone = ReplicaId::from_static("cdp-0");
        let error = soon("an error", cmx.request(gone, &request_for("ep-1"), HOUR)).await.unwrap_err();
        let subject = "kaa.v1.replica.cdp-0.cdtp.request".parse().unwrap();
        assert_eq!(error, RequestError::NoResponders { subject });
    }

    pub(super) async fn a_provider_of_our_own_make_gives_the_same_answers(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut requests = subscribe(&bob, "kaa.v1.service.cdp.cdtp.request").await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let answer = ask(&cmx, CDP, request_for("ep-1"), PATIENCE);
        let message = soon("the request", requests.next()).await.unwrap();
        let request =
            <ConfigRequest as kaa_protocol::avro::Record<'_>>::decode(&message.payload).unwrap().record;
        let address = ConfigRequest::ADDRESS.judge(&message.reply_to.unwrap().into_bytes()).unwrap();
        let response = ConfigResponse {
            correlation_id: request.correlation_id,
            endpoint_id: request.endpoint_id,
            status_code: 404,
            ..ConfigResponse::default()
        };
        bob.publish(address.into_subject(), None, response.to_bytes()).await.unwrap();
        assert_eq!(done(answer).await, Ok(response));
    }

    pub(super) async fn many_requests_at_once_each_get_their_own_answer_in_whatever_order(venue: Venue) {
        const REQUESTS: usize = 500;
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let asked: Vec<_> =
            (0..REQUESTS).map(|n| ask(&cmx, CDP, request_for(n.to_string()), PATIENCE)).collect();
        let requests = provider.take(REQUESTS).await;
        assert_eq!(open_calls(&cmx), REQUESTS);
        for request in requests.iter().rev() {
            provider.answer(request).await;
        }
        for (n, answer) in asked.into_iter().enumerate() {
            let response = done(answer).await.unwrap();
            assert_eq!(response.config_id.unwrap(), format!("config of {n}"));
        }
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 0));
    }

    pub(super) async fn requests_without_an_answer_end_at_their_deadline_and_are_forgotten(venue: Venue) {
        const REQUESTS: usize = 1000;
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let outcomes = join_all((0..REQUESTS).map(|n| {
            let cmx = &cmx;
            async move { cmx.request(CDP, &request_for(n.to_string()), SHORT).await }
        }));
        let subject: Subject = "kaa.v1.service.cdp.cdtp.request".parse().unwrap();
        for outcome in soon("the deadlines", outcomes).await {
            assert_eq!(outcome, Err(RequestError::TimedOut { subject: subject.clone(), deadline: SHORT }));
        }
        assert_eq!(open_calls(&cmx), 0);
        // A busy machine may take longer than the deadline to send the first one of all.
        bob.fence(PATIENCE).await.unwrap();
        let sent = usize::try_from(alice.stats().published).unwrap();
        for request in provider.take(sent).await {
            provider.answer(&request).await;
        }
        late_answers(&alice, sent.try_into().unwrap()).await;
        provider.serve();
        let response = cmx.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
        assert_eq!(response.config_id.as_deref(), Some("config of ep-1"));
        assert_eq!(open_calls(&cmx), 0);
    }

    pub(super) async fn duplicate_and_unasked_answers_are_counted_and_ignored(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let (first, second) =
            (ask(&cmx, CDP, request_for("ep-1"), PATIENCE), ask(&cmx, CDP, request_for("ep-2"), PATIENCE));
        let requests = provider.take(2).await;
        let unasked = json!({"correlationId": "nobody's", "endpointId": "ep-1", "appVersionName": "v1"});
        provider.send(&requests[0].reply_to, config(&unasked)).await;
        for _ in 0..3 {
            provider.answer(&requests[0]).await;
        }
        // Not even a message.
        let reply_to: Subject = requests[0].reply_to.parse().unwrap();
        bob.publish(reply_to, None, Bytes::new()).await.unwrap();
        provider.answer(&requests[1]).await;
        assert_eq!(done(first).await.unwrap().endpoint_id, "ep-1");
        assert_eq!(done(second).await.unwrap().endpoint_id, "ep-2");
        late_answers(&alice, 4).await;
        assert_eq!(open_calls(&cmx), 0);
    }

    pub(super) async fn a_late_answer_is_never_taken_for_one_to_the_next_request_of_the_context(
        venue: Venue,
    ) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0").within(Context::new("c", Instant::now() + HOUR));
        // Until it has subscribed to its replies, a request may end before it is sent.
        let opened = ask(&cmx, CDP, request_for("ep-0"), PATIENCE);
        let request = provider.next().await;
        provider.answer(&request).await;
        done(opened).await.unwrap();
        let late = ask(&cmx, CDP, request_for("ep-1"), SHORT);
        let first = provider.next().await;
        done(late).await.unwrap_err();
        let next = ask(&cmx, CDP, request_for("ep-2"), PATIENCE);
        let second = provider.next().await;
        assert_eq!(
            (&first.fields["correlationId"], &second.fields["correlationId"]),
            (&json!("c~1"), &json!("c~2"))
        );
        provider.answer(&first).await;
        late_answers(&alice, 1).await;
        assert_eq!(open_calls(&cmx), 1);
        provider.answer(&second).await;
        assert_eq!(done(next).await.unwrap().endpoint_id, "ep-2");
    }

    pub(super) async fn a_late_answer_is_never_taken_for_one_to_a_request_of_another_context_with_the_same_id(
        venue: Venue,
    ) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let ask_within = |endpoint_id: &str, deadline| {
            let context = Context::new("c", Instant::now() + HOUR);
            ask(&cmx.within(context), CDP, request_for(endpoint_id), deadline)
        };
        let given_up = ask_within("ep-1", HOUR);
        let first = provider.next().await;
        given_up.abort();
        given_up.await.unwrap_err();
        let next = ask_within("ep-2", PATIENCE);
        let second = provider.next().await;
        assert_eq!(first.fields["correlationId"], "c");
        assert!(second.fields["correlationId"].as_str().unwrap().starts_with("c~~"));
        provider.answer(&first).await;
        late_answers(&alice, 1).await;
        provider.answer(&second).await;
        assert_eq!(done(next).await.unwrap().endpoint_id, "ep-2");
        assert_eq!(open_calls(&cmx), 0);
    }

    pub(super) async fn a_second_answer_is_never_taken_for_one_to_the_next_request_with_the_same_id(
        venue: Venue,
    ) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let ask_as_c = |endpoint_id: &str| {
            let request = ConfigRequest { correlation_id: "c".into(), ..request_for(endpoint_id) };
            ask(&cmx, CDP, request, PATIENCE)
        };
        let answered = ask_as_c("ep-1");
        let first = provider.next().await;
        provider.answer(&first).await;
        assert_eq!(done(answered).await.unwrap().endpoint_id, "ep-1");
        let next = ask_as_c("ep-2");
        let second = provider.next().await;
        assert_eq!(first.fields["correlationId"], "c");
        assert!(second.fields["correlationId"].as_str().unwrap().starts_with("c~~"));
        provider.answer(&first).await;
        late_answers(&alice, 1).await;
        provider.answer(&second).await;
        assert_eq!(done(next).await.unwrap().endpoint_id, "ep-2");
        assert_eq!(open_calls(&cmx), 0);
    }

    pub(super) async fn requests_at_once_under_one_correlation_id_are_told_apart(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let asked: Vec<_> = (0..3)
            .map(|n| {
                let context = Context::new("c", Instant::now() + HOUR);
                ask(&cmx.within(context), CDP, request_for(n.to_string()), PATIENCE)
            })
            .collect();
        let requests = provider.take(3).await;
        let is_as_given = |request: &&Received| request.fields["correlationId"] == "c";
        assert_eq!(requests.iter().filter(is_as_given).count(), 1);
        for request in requests.iter().rev() {
            assert!(request.fields["correlationId"].as_str().unwrap().starts_with('c'));
            provider.answer(request).await;
        }
        for (n, answer) in asked.into_iter().enumerate() {
            assert_eq!(done(answer).await.unwrap().endpoint_id, n.to_string());
        }
    }

    pub(super) async fn an_answer_of_another_type_is_an_error_that_names_the_subject(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let answer = ask(&cmx, CDP, request_for("ep-1"), HOUR);
        let request = provider.next().await;
        let other = Avro::of("13/DSTP", "DataSamplesProcessed");
        let datum = other.write(receipt(&request.fields, &CDP, 200));
        bob.publish(request.reply_to.parse().unwrap(), None, datum).await.unwrap();
        let error = done(answer).await.unwrap_err();
        assert!(matches!(error, RequestError::Malformed { .. }), "{error:?}");
        let text = "the answer from kaa.v1.service.cdp.cdtp.request is not a response to the request";
        assert!(error.to_string().starts_with(text), "{error}");
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("ConfigResponse"));
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 0));
    }

    pub(super) async fn a_request_carries_on_the_correlation_id_and_what_is_left_of_the_time(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let until = Instant::now() + Duration::from_secs(10);
        let cmx = replica(&alice, CMX, "cmx-0").within(Context::new("c", until));
        let (mut left, mut ids) = (10_000, Vec::new());
        for deadline in [HOUR, HOUR, Duration::from_secs(1), PATIENCE] {
            let answer = ask(&cmx.clone(), CDP, request_for("ep-1"), deadline);
            let request = provider.next().await;
            let timeout = request.fields["timeout"].as_i64().unwrap();
            let deadline = i64::try_from(deadline.as_millis()).unwrap();
            assert!(timeout <= left.min(deadline) && timeout > 0, "{timeout} of {left}");
            let is_on_its_way = i64::try_from((until - Instant::now()).as_millis()).unwrap();
            assert!(timeout >= is_on_its_way.min(deadline - 900), "{timeout} of {is_on_its_way}");
            left = left.min(is_on_its_way + 1);
            ids.push(request.fields["correlationId"].clone());
            // Time goes by: in the process that has to be said.
            if matches!(venue, Venue::Memory(_)) {
                tokio::time::advance(Duration::from_millis(500)).await;
                left -= 499;
            }
            provider.answer(&request).await;
            done(answer).await.unwrap();
        }
        assert_eq!(ids, ["c", "c~1", "c~2", "c~3"]);
    }

    pub(super) async fn a_request_without_time_is_not_sent(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        Peer::provider(&bob, CDP).await.serve();
        let cmx = replica(&alice, CMX, "cmx-0");
        cmx.request(CDP, &request_for("ep-1"), PATIENCE).await.unwrap();
        let late = cmx.within(Context::new("c", Instant::now()));
        let outcome = late.request(CDP, &request_for("ep-1"), HOUR).await;
        assert!(
            matches!(outcome, Err(RequestError::TimedOut { deadline: Duration::ZERO, .. })),
            "{outcome:?}"
        );
        let outcome = late.publish_awaited(&DataSamplesEvent::default(), &[EPTS], HOUR).await;
        assert!(matches!(outcome, Err(EventError::TimedOut { deadline: Duration::ZERO, .. })), "{outcome:?}");
        assert_eq!(alice.stats().published, 1);
    }

    pub(super) async fn a_request_that_waits_for_ever_says_so(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let answer = ask(&cmx, CDP, request_for("ep-1"), Duration::MAX);
        let request = provider.next().await;
        assert_eq!(request.fields["timeout"], 0);
        provider.answer(&request).await;
        done(answer).await.unwrap();
    }

    pub(super) async fn what_the_sender_has_filled_in_stays(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = Peer::provider(&bob, CDP).await;
        let cmx = replica(&alice, CMX, "cmx-0").within(Context::new("c", Instant::now() + HOUR));
        let request =
            ConfigRequest { correlation_id: "mine".into(), timestamp: 7, timeout: 8, ..request_for("ep-1") };
        let answer = ask(&cmx, CDP, request, PATIENCE);
        let request = provider.next().await;
        assert_eq!(request.fields["correlationId"], "mine");
        assert_eq!((&request.fields["timestamp"], &request.fields["timeout"]), (&json!(7), &json!(8)));
        provider.answer(&request).await;
        assert_eq!(done(answer).await.unwrap().correlation_id, "mine");
        let mut events = cmx.listen::<ConfigApplied>(None, Delivery::EveryReplica).await.unwrap();
        let event = ConfigApplied {
            correlation_id: "mine".into(),
            timestamp: 7,
            originator_replica_id: Some("another".into()),
            ..ConfigApplied::default()
        };
        cmx.publish_event(&event).await.unwrap();
        assert_eq!(soon("the event", events.next()).await.unwrap(), Ok(event));
    }
}
