use super::*;
use kaa_protocol::kp1::RequestId;

use crate::identity::clients::Client;
use crate::mqtt::TopicName;
use crate::mqtt::packet::Delivery;
use crate::relay::ResolvedEndpoint;
use crate::session::registry::Place;
use crate::session::tests::world::World;

fn message(topic: &str) -> Publish {
    Publish::new(TopicName::new(topic.to_owned()).unwrap(), Delivery::AtMostOnce, "x")
}

fn known(token_id: Option<&str>) -> Endpoint {
    let endpoint =
        ResolvedEndpoint { endpoint_id: "ep".parse().unwrap(), app_version: "v1".parse().unwrap() };
    Ok(Some(KnownEndpoint { endpoint, token_id: token_id.map(Into::into) }))
}

#[tokio::test(start_paused = true)]
async fn a_request_is_asked_in_the_words_of_the_client() {
    let world = World::new().await;
    let place = Place::take(&world.front, "a".into(), &Client::default()).await.unwrap();
    let wanted = Wanted::read(message("kp1/v1/ext/ep-1/echo/007"), 9, &world.front).unwrap();
    let Outcome::Send(request, asked) = wanted.try_send(&world.front, place.handle()) else { panic!() };
    assert_eq!((asked.topic.as_ref(), asked.mark), (&b"kp1/v1/ext/ep-1/echo/007"[..], 9));
    assert_eq!(request.path.request_id.map(RequestId::get), Some(7));
    assert_eq!(request.endpoint.unwrap().endpoint_id, "ep-1");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_known_before_a_revocation_is_asked_for_again() {
    let world = World::new().await;
    let place = Place::take(&world.front, "a".into(), &Client::default()).await.unwrap();
    let wanted = || Wanted::read(message("kp1/v1/ext/token/echo"), 0, &world.front).unwrap();
    let handle = place.handle();
    assert!(matches!(wanted().decide(known(Some("t-1")), handle, || true), Outcome::Ask(_)));
    // From here on a revocation would find it.
    assert!(matches!(wanted().decide(known(Some("t-1")), handle, || true), Outcome::Send(..)));
    assert!(matches!(wanted().decide(known(Some("t-2")), handle, || false), Outcome::Send(..)));
    assert!(matches!(wanted().decide(known(None), handle, || true), Outcome::Send(..)));
    assert!(matches!(wanted().decide(Ok(None), handle, || true), Outcome::Send(..)));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_a_fitting_reason_code() {
    let world = World::new().await;
    let place = Place::take(&world.front, "a".into(), &Client::default()).await.unwrap();
    for (code, reason) in [
        (400, ReasonCode::ImplementationSpecificError),
        (401, ReasonCode::NotAuthorized),
        (403, ReasonCode::NotAuthorized),
        (404, ReasonCode::NotAuthorized),
        (413, ReasonCode::QuotaExceeded),
        (429, ReasonCode::QuotaExceeded),
        (503, ReasonCode::UnspecifiedError),
    ] {
        let wanted = Wanted::read(message("kp1/v1/ext/token/echo"), 0, &world.front).unwrap();
        let refused = wanted.decide(Err(Answer::refused(code, "no")), place.handle(), || false);
        let Outcome::Refuse(not_sent) = refused else { panic!() };
        assert_eq!((not_sent.reason, not_sent.answer.status_code), (reason, code));
    }
    let not_sent = Wanted::read(message("kp1"), 3, &world.front).unwrap_err();
    assert_eq!((not_sent.reason, not_sent.asked.mark), (ReasonCode::TopicNameInvalid, 3));
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_session_ends_while_its_token_is_asked_for_is_counted() {
    let world = World::new().await;
    let ask = || {
        let wanted = Wanted::read(message("kp1/v1/ext/ep-1/echo"), 0, &world.front).unwrap();
        wanted.ask(Arc::clone(&world.front), Client::default())
    };
    // Before anybody has looked at it.
    drop(ask());
    assert_eq!(world.tally().abandoned, 1);
    let (_, endpoint, _) = ask().await;
    assert!(endpoint.is_ok());
    assert_eq!(world.tally().abandoned, 1, "it was found out");
}
