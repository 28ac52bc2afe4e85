//! 5/CMX2CDP, whose subjects name no protocol and no message type.

use std::time::Duration;

use kaa_bus::{Bus, Context, Messaging, RequestError, ServiceInstance};
use kaa_protocol::cmx2cdp::{self, ConfigRequest, ConfigResponse};
use kaa_protocol::ism::Address;
use kaa_protocol::name::ReplicaId;
use kaa_protocol::subject::Target;
use kaa_tests::avro::Avro;
use kaa_tests::on_both;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::venue::Venue;
use serde_json::{Value as Json, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::peer::Peer;
use crate::{
    CDP, CMX, HOUR, NOBODY, SHORT, done, late_answers, open_calls, replica, server_tells, subscribe,
};

on_both! {
    a_bare_request_is_answered_on_the_bare_subject_of_the_replica
    a_bare_request_cannot_go_to_one_replica
    replies_come_in_by_a_subscription_of_somebody_else_who_keeps_his_own_messages
    a_replica_subscribes_for_itself_when_nobody_does_it_for_it_any_more
}

async fn provider(bus: &Bus) -> Peer {
    let (theirs, ours) = (Avro::of("5/CMX2CDP", "ConfigRequest"), Avro::of("5/CMX2CDP", "ConfigResponse"));
    Peer::join(bus, &CDP, "kaa.v1.service.cdp", theirs, ours).await
}

/// Asks in a task of its own.
fn ask(
    asker: &Messaging,
    provider: ServiceInstance,
    deadline: Duration,
) -> JoinHandle<Result<ConfigResponse, RequestError>> {
    let asker = asker.clone();
    let request = ConfigRequest { endpoint_id: "ep-1".into(), ..ConfigRequest::default() };
    tokio::spawn(async move { asker.request(provider, &request, deadline).await })
}

/// A response to the request with this correlation ID.
fn config(correlation_id: &Json) -> Json {
    json!({
        "correlationId": correlation_id, "timestamp": 1, "timeout": 0,
        "appVersionToken": "v1", "endpointId": "ep-1", "contentType": "json",
        "configVersion": 3, "statusCode": 0, "content": [123, 125],
    })
}

mod scenarios {
    use super::*;

    pub(super) async fn a_bare_request_is_answered_on_the_bare_subject_of_the_replica(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = provider(&bob).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let answer = ask(&cmx, CDP, PATIENCE);
        let request = provider.next().await;
        assert_eq!(request.subject, "kaa.v1.service.cdp");
        assert_eq!(request.reply_to, "kaa.v1.service.cmx.cmx-0");
        assert_eq!(
            (&request.fields["endpointId"], &request.fields["configVersion"]),
            (&json!("ep-1"), &Json::Null)
        );
        provider.send(&request.reply_to, config(&request.fields["correlationId"])).await;
        let response = done(answer).await.unwrap();
        assert_eq!(cmx2cdp::Status::from_code(response.status_code), Some(cmx2cdp::Status::Ok));
        assert_eq!((response.config_version, response.content.as_deref()), (3, Some(&b"{}"[..])));
        let error = done(ask(&cmx, NOBODY, HOUR)).await.unwrap_err();
        let subject = "kaa.v1.service.nobody".parse().unwrap();
        assert_eq!(error, RequestError::NoResponders { subject });
    }

    pub(super) async fn a_bare_request_cannot_go_to_one_replica(venue: Venue) {
        let bus = venue.connect().await;
        let cmx = replica(&bus, CMX, "cmx-0");
        let target = Target::from(ReplicaId::from_static("cdp-0"));
        let refused = cmx.request(&target, &ConfigRequest::default(), HOUR).await;
        assert_eq!(refused, Err(RequestError::NoSubject { target }));
        assert_eq!(bus.stats().published, 0);
    }
    pub(super) async fn replies_come_in_by_a_subscription_of_somebody_else_who_keeps_his_own_messages(
        venue: Venue,
    ) {
        let (alice, bob) = venue.pair().await;
        let (tells, mut provider) = (server_tells(&alice).await, provider(&bob).await);
        let mut messages = subscribe(&alice, "kaa.v1.service.cmx.cmx-0").await;
        let cmx = replica(&alice, CMX, "cmx-0").within(Context::new("c", Instant::now() + HOUR));
        let adopted = cmx.adopt(&Address::Bare);
        let answer = ask(&cmx, CDP, PATIENCE);
        let request = provider.next().await;
        assert_eq!(request.reply_to, "kaa.v1.service.cmx.cmx-0");
        let id = request.fields["correlationId"].as_str().unwrap();
        assert!(id.starts_with("c~~"), "{id}");
        // What led to the request may well come once more, or be confirmed under its ID.
        for (id, is_for_a_call) in [("c", false), ("c~1", false), (id, true), (id, true)] {
            provider.send(&request.reply_to, config(&json!(id))).await;
            let message = soon("a message", messages.next()).await.unwrap();
            assert_eq!(adopted.offer(&message), is_for_a_call, "{id}");
        }
        assert_eq!(done(answer).await.unwrap().config_version, 3);
        late_answers(&alice, 1).await;
        let (open, unserved) =
            (ask(&cmx, CDP, PATIENCE), ask(&cmx, NOBODY, if tells { HOUR } else { SHORT }));
        let request = provider.next().await;
        let notice = soon("a notice", messages.next()).await.unwrap();
        assert_eq!(adopted.offer(&notice), tells);
        assert!(!adopted.offer(&notice));
        let error = done(unserved).await.unwrap_err();
        assert_eq!(matches!(error, RequestError::NoResponders { .. }), tells, "{error:?}");
        let elsewhere = "kaa.v1.service.elsewhere".parse().unwrap();
        alice.publish(elsewhere, Some(request.reply_to.parse().unwrap()), "".into()).await.unwrap();
        let notice = soon("a notice", messages.next()).await.unwrap();
        assert!(notice.no_responders.is_some() && !adopted.offer(&notice));
        provider.send(&request.reply_to, config(&request.fields["correlationId"])).await;
        assert!(adopted.offer(&soon("an answer", messages.next()).await.unwrap()));
        done(open).await.unwrap();
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 1));
    }

    pub(super) async fn a_replica_subscribes_for_itself_when_nobody_does_it_for_it_any_more(venue: Venue) {
        let (alice, bob) = venue.pair().await;
        let mut provider = provider(&bob).await;
        let cmx = replica(&alice, CMX, "cmx-0");
        let [first, second] = [cmx.adopt(&Address::Bare), cmx.adopt(&Address::Bare)];
        let open = ask(&cmx, CDP, HOUR);
        provider.next().await;
        drop(first);
        assert_eq!(open_calls(&cmx), 1);
        drop(second);
        let subject = "kaa.v1.service.cdp".parse().unwrap();
        assert_eq!(done(open).await, Err(RequestError::Closed { subject }));
        let answer = ask(&cmx, CDP, PATIENCE);
        let request = provider.next().await;
        provider.send(&request.reply_to, config(&request.fields["correlationId"])).await;
        assert_eq!(done(answer).await.unwrap().config_version, 3);
        assert_eq!((open_calls(&cmx), alice.stats().late_answers), (0, 0));
    }
}
