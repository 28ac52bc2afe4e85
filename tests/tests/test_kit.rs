//! The test kit of the SDK: the same scenario in the process with virtual time, and on a nats-server; and what only a
//! bus with faults can show.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaa_bus::faults::Faults;
use kaa_ext::PushError;
use kaa_ext::prelude::*;
use kaa_ext::testing::{TestKaa, Venue};
use kaa_protocol::cdtp::{ConfigApplied, ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::ism::{Outcome, Request};
use serde_json::{Value, json};

/// How long the extension waits for others: long enough for a loaded machine, and short enough for real time.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Clone, Default, FromRef)]
struct App {
    observers: Arc<Mutex<Vec<Session>>>,
}

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

#[resource("/observe")]
async fn observe(session: Session, State(observers): State<Arc<Mutex<Vec<Session>>>>) -> () {
    session.pin();
    observers.lock().unwrap().push(session);
}

#[resource("/config")]
async fn config(endpoint: EndpointId, messaging: Messaging) -> Result<Payload, Failure> {
    let request = ConfigRequest { endpoint_id: endpoint.into(), ..ConfigRequest::default() };
    let response = messaging.request(ServiceInstance::from_static("cdp"), &request, PATIENCE).await?;
    Ok(Payload(response.content.unwrap_or_default()))
}

/// Tells who confirmed, with which status, and who did not.
#[resource("/samples")]
async fn samples(endpoint: EndpointId, messaging: Messaging) -> Result<Json<Value>, Failure> {
    let event = DataSamplesEvent { endpoint_id: endpoint.into(), ..DataSamplesEvent::default() };
    let receivers = [ServiceInstance::from_static("epts")];
    let gathered = messaging.publish_awaited(&event, &receivers, PATIENCE).await?;
    let confirmed: Vec<i32> = gathered.receipts.iter().map(|receipt| receipt.status_code).collect();
    let missing: Vec<&str> = gathered.missing.iter().map(ServiceInstance::as_str).collect();
    Ok(Json(json!({ "confirmed": confirmed, "missing": missing })))
}

#[listener]
async fn updated(Event(event): Event<ConfigUpdated>, messaging: Messaging) -> Result<(), Failure> {
    if event.endpoint_id == "unknown" {
        return Ok(());
    }
    let applied = ConfigApplied { endpoint_id: event.endpoint_id, ..ConfigApplied::default() };
    messaging.publish_event(&applied).await.map_err(Failure::internal)
}

/// Starts the extension in this place, in virtual time where there is one.
async fn start(venue: Venue) -> (TestKaa, App) {
    if venue.has_virtual_time() {
        tokio::time::pause();
    }
    let app = App::default();
    let extension = Extension::new("ext").state(app.clone());
    let extension = extension.resources(resources![echo, observe, config, samples]);
    (TestKaa::start_in(venue, extension.listeners(listeners![updated]).build().unwrap()).await, app)
}

mod scenarios {
    use super::*;

    pub(super) async fn a_provider_is_missing_well_slow_silent_or_broken(venue: Venue) {
        let (kaa, _) = start(venue).await;
        let (device, cdp) = (kaa.endpoint("ep-1"), kaa.service("cdp"));
        let respond = |request: ConfigRequest| ConfigResponse {
            content: Some(r#"{"rate":5}"#.into()),
            ..request.response(Outcome::OK)
        };
        device.request("/config").await.assert_status(503);

        let well = cdp.answer(respond).await;
        device.request("/config").await.assert_status(200).assert_json(json!({ "rate": 5 }));
        well.assert_asked(1);
        drop(well);

        let slow = cdp.answer_late(PATIENCE / 10, respond).await;
        device.request("/config").await.assert_status(200).assert_json_at("/rate", 5);
        drop(slow);
        let too_slow = cdp.answer_late(PATIENCE * 100, respond).await;
        device.request("/config").await.assert_status(504);
        drop(too_slow);

        let silent = cdp.silent::<ConfigRequest>().await;
        device.request("/config").await.assert_status(504);
        silent.assert_asked(1);
        drop(silent);

        let _broken = cdp.broken::<ConfigRequest>().await;
        device.request("/config").await.assert_status(502);
    }

    pub(super) async fn a_receiver_confirms_refuses_is_late_or_silent(venue: Venue) {
        let (kaa, _) = start(venue).await;
        let (device, epts) = (kaa.endpoint("ep-1"), kaa.service("epts"));
        let missing = json!({ "confirmed": [], "missing": ["epts"] });

        let mut heard = epts.listen::<DataSamplesEvent>().await;
        device.request("/samples").await.assert_json(missing.clone());
        heard.assert_heard(|event| event.endpoint_id == "ep-1").await;

        let mut confirming = epts.confirm(|_: &DataSamplesEvent| Outcome::OK).await;
        device.request("/samples").await.assert_json_at("/confirmed", json!([200]));
        confirming.assert_heard(|event| event.endpoint_id == "ep-1").await;
        confirming.assert_silence().await;
        drop(confirming);

        let full = Outcome { status: 507, reason: "the disk is full" };
        let refusing = epts.confirm(move |_: &DataSamplesEvent| full).await;
        device.request("/samples").await.assert_json_at("/confirmed/0", 507);
        drop(refusing);

        let _late = epts.confirm_late(PATIENCE * 100, |_: &DataSamplesEvent| Outcome::OK).await;
        device.request("/samples").await.assert_json(missing);
    }

    pub(super) async fn the_bus_goes_away_and_comes_back(venue: Venue) {
        let (kaa, app) = start(venue).await;
        let mut device = kaa.endpoint("ep-1");
        device.request("/observe").await.assert_status(200);
        let session = app.observers.lock().unwrap().pop().unwrap();

        kaa.bus_goes_away().await;
        assert!(matches!(session.push("lost").await, Err(PushError::Publish(_))));

        kaa.bus_comes_back().await;
        device.assert_silence().await;
        session.push("heard").await.unwrap();
        device.next_push().await.assert_text("heard");
        device.request("/echo").payload("again").await.assert_status(200).assert_text("again");
    }

    pub(super) async fn a_push_finds_the_device_after_the_communication_service_has_restarted(venue: Venue) {
        let (kaa, app) = start(venue).await;
        let mut device = kaa.endpoint("ep-1");
        device.assert_not_pinned();
        device.request("/observe").await.assert_status(200);
        device.assert_pinned();
        let session = app.observers.lock().unwrap().pop().unwrap();

        kaa.communication_service_restarts().await;
        device.assert_not_pinned();

        session.push("still here").await.unwrap();
        device.next_push().await.assert_text("still here");
        assert_eq!(kaa.counters().redirected, 1);
        device.request("/observe").await.assert_status(200);
        device.assert_pinned();
    }

    pub(super) async fn silence_is_proved(venue: Venue) {
        let (kaa, app) = start(venue).await;
        let (mut device, cdp) = (kaa.endpoint("ep-1"), kaa.service("cdp"));
        let mut applied = cdp.listen::<ConfigApplied>().await;

        device.request("/echo").without_request_id().assert_no_answer().await;
        cdp.publish(&ConfigUpdated { endpoint_id: "unknown".into(), ..ConfigUpdated::default() }).await;
        applied.assert_silence().await;
        cdp.publish(&ConfigUpdated { endpoint_id: "ep-1".into(), ..ConfigUpdated::default() }).await;
        applied.assert_heard(|event| event.endpoint_id == "ep-1").await;
        applied.assert_silence().await;

        device.request("/observe").await.assert_status(200);
        device.assert_silence().await;
        let session = app.observers.lock().unwrap().pop().unwrap();
        session.push("something").await.unwrap();
        let heard = tokio::spawn(async move { device.assert_silence().await }).await;
        let message = *heard.unwrap_err().into_panic().downcast::<String>().unwrap();
        let expected = "the device ep-1 was to hear nothing, and got 200 from /observe: something";
        assert_eq!(message, expected);
    }
}

/// Makes two tests of every scenario.
macro_rules! on_both {
    ($($scenario:ident)*) => {
        mod in_the_process {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::scenarios::$scenario(kaa_ext::testing::Venue::Process).await;
                }
            )*
        }

        mod on_a_nats_server {
            $(
                #[tokio::test]
                async fn $scenario() {
                    let program = kaa_tests::nats_server::binary();
                    super::scenarios::$scenario(kaa_ext::testing::Venue::NatsServer(program)).await;
                }
            )*
        }
    };
}

on_both! {
    a_provider_is_missing_well_slow_silent_or_broken
    a_receiver_confirms_refuses_is_late_or_silent
    the_bus_goes_away_and_comes_back
    a_push_finds_the_device_after_the_communication_service_has_restarted
    silence_is_proved
}

async fn unreliable() -> TestKaa {
    start(Venue::Unreliable(Faults::none(1))).await.0
}

#[tokio::test]
async fn what_is_lost_is_not_answered_and_what_is_calm_is() {
    let kaa = unreliable().await;
    let device = kaa.endpoint("ep-1");
    device.request("/echo").payload("first").await.assert_text("first");
    kaa.lose_messages();
    device.request("/echo").assert_no_answer().await;
    kaa.calm();
    device.request("/echo").payload("third").await.assert_text("third");
    assert_eq!(kaa.counters().received, 2);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_handled_twice() {
    let kaa = unreliable().await;
    kaa.duplicate_messages();
    kaa.endpoint("ep-1").request("/echo").payload("again").await.assert_text("again");
    assert_eq!(kaa.settled(2).await.answered, 2);
}

#[tokio::test]
async fn a_message_that_took_longer_than_its_timeout_is_dropped() {
    let kaa = unreliable().await;
    kaa.delay_messages(Duration::from_secs(60));
    let device = kaa.endpoint("ep-1");
    device.request("/echo").timeout(Duration::from_millis(1)).send().await;
    assert_eq!(kaa.settled(1).await.expired, 1);
}

#[tokio::test]
async fn a_device_may_ask_twice() {
    let (kaa, _) = start(Venue::Process).await;
    kaa.endpoint("ep-1").request("/echo").payload("once").twice().await.assert_text("once");
    assert_eq!(kaa.settled(2).await.answered, 2);
}

#[tokio::test]
#[should_panic(expected = "messages are lost, late or repeated only on a bus with faults")]
async fn no_message_is_lost_on_request_where_none_can_be() {
    start(Venue::Process).await.0.lose_messages();
}
