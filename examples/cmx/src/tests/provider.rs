//! A provider that is away, says no, or speaks the older protocol.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use kaa_ext::bus::SubjectFilter;
use kaa_ext::prelude::*;
use kaa_ext::protocol::Bytes;
use kaa_ext::protocol::avro::Record as _;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};
use kaa_ext::protocol::cmx2cdp::{self, NewAvailable, Status, Updated};
use kaa_ext::protocol::elce::ConnectedEvent;
use kaa_ext::protocol::ism::Message as _;
use kaa_ext::testing::Answering;
use serde_json::json;
use tokio::time::Instant;

use super::{Stage, is};
use crate::{Protocol, Settings};

#[tokio::test(start_paused = true)]
async fn a_device_is_told_why_there_is_no_configuration() {
    let mut stage = Stage::of(1).await;
    let device = stage.kaa.endpoint("ep-1");
    let content = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    let ok = ConfigResponse { status_code: 200, config_id: Some("1".into()), ..ConfigResponse::default() };
    for (answer, status) in [
        (ConfigResponse { status_code: 409, ..ConfigResponse::default() }, 409),
        (ConfigResponse { status_code: 500, ..ConfigResponse::default() }, 500),
        (ConfigResponse { status_code: 7, ..ConfigResponse::default() }, 502),
        (ConfigResponse { content: content("{"), ..ok.clone() }, 502),
        (ConfigResponse { content: content("1"), content_type: "text/plain".into(), ..ok.clone() }, 502),
        (ConfigResponse { content: content("{}"), config_id: None, ..ok.clone() }, 502),
        (ConfigResponse { content: None, ..ok.clone() }, 502),
        (ConfigResponse { content: content("{}"), ..ok }, 200),
    ] {
        stage.store.answer_instead(answer);
        device.request("/config/json").await.assert_status(status);
    }
    stage.provider_goes();
    device.request("/config/json").await.assert_status(503);
}

#[tokio::test(start_paused = true)]
async fn a_change_nobody_could_look_up_is_pushed_when_the_provider_is_back() {
    let mut stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    stage.store.set("ep-1", None, "1", "{}");
    stage.provider_goes();
    stage.hint("ep-1").await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 0);
    stage.provider_comes().await;
    device.next_push().await.assert_json(is("1", &json!({})));
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1);
}

/// What a provider answers to this request, as bytes.
type Garbage = fn(&ConfigRequest) -> Vec<u8>;

/// A provider that takes what it is asked, and answers that or nothing.
async fn takes(stage: &Stage, garbage: Option<Garbage>) -> tokio::task::AbortHandle {
    let subject = "kaa.v1.service.cdp.cdtp.request".parse::<SubjectFilter>().unwrap();
    let bus = stage.kaa.bus().clone();
    let mut requests = bus.subscribe(subject, None).await.unwrap();
    let task = tokio::spawn(async move {
        while let Some(message) = requests.next().await {
            let (Some(reply_to), Some(garbage)) = (message.reply_to, garbage) else { continue };
            let reply_to = String::from_utf8(reply_to.to_vec()).unwrap().parse().unwrap();
            let garbage = garbage(&ConfigRequest::decode(&message.payload).unwrap().record);
            bus.publish(reply_to, None, garbage.into()).await.unwrap();
        }
    });
    task.abort_handle()
}

fn valid(request: &ConfigRequest) -> Vec<u8> {
    let (config_id, content) = (Some("1".into()), Some("{}".into()));
    let correlation_id = request.correlation_id.clone();
    ConfigResponse { correlation_id, config_id, content, ..request.response(Outcome::OK) }.to_bytes().to_vec()
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_504_in_time() {
    let mut stage = Stage::of(1).await;
    stage.provider_goes();
    let taking = takes(&stage, None).await;
    let device = stage.kaa.endpoint("ep-1");
    let asked = Instant::now();
    device.request("/config/json").await.assert_status(504);
    assert_eq!(asked.elapsed().as_secs(), 5);
    // Nor does it keep anybody from observing for good.
    let mut device = stage.kaa.endpoint("ep-2");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(504);
    taking.abort();
    stage.store.set("ep-2", None, "1", "{}");
    stage.provider_comes().await;
    device.next_push().await.assert_json(is("1", &json!({})));
}

#[tokio::test(start_paused = true)]
async fn garbage_for_an_answer_reaches_no_device() {
    let mut stage = Stage::of(1).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    stage.provider_goes();
    let cut: Garbage = |request| valid(request)[..valid(request).len() - 1].to_vec();
    // To what question this is the answer, nobody can say.
    let (none, noise): (Garbage, Garbage) = (|_| vec![0xff; 64], |_| b"{\"configId\":\"1\"}".to_vec());
    for (garbage, status) in [(cut, 502), (none, 504), (noise, 504)] {
        let taking = takes(&stage, Some(garbage)).await;
        device.request("/config/json").await.assert_status(status);
        stage.hint("ep-1").await;
        stage.quiet().await;
        taking.abort();
    }
    assert_eq!(stage.pushed(), 0);
    stage.store.set("ep-1", None, "1", "{}");
    stage.provider_comes().await;
    device.next_push().await.assert_json(is("1", &json!({})));
}

/// What a provider of the first platform has: a version, or none.
type Version = Arc<AtomicI32>;

async fn first_platform(replicas: usize, version: &Version) -> (Stage, Answering<cmx2cdp::ConfigRequest>) {
    let settings = Settings { protocol: Protocol::Cmx2Cdp, ..Settings::default() };
    let (stage, version) = (Stage::with(replicas, settings).await, version.clone());
    let answer = move |request: cmx2cdp::ConfigRequest| {
        let version = version.load(Relaxed);
        let status = match version {
            0 => Status::NoContent.code(),
            -1 => Status::Fail.code(),
            -2 => 7,
            _ => Status::Ok.code(),
        };
        cmx2cdp::ConfigResponse {
            endpoint_id: request.endpoint_id,
            content_type: "json".into(),
            config_version: version,
            status_code: status,
            content: (version > 0).then(|| Bytes::from_static(b"{}")),
            ..cmx2cdp::ConfigResponse::default()
        }
    };
    let answering = stage.provider.answer(answer).await;
    (stage, answering)
}

async fn is_available(stage: &Stage, version: &Version, next: i32) {
    version.store(next, Relaxed);
    let event = NewAvailable { endpoint_id: "ep-1".into(), ..NewAvailable::default() };
    stage.provider.publish(&event).await;
    stage.quiet().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_platform_is_served_from_the_first_request_to_the_report() {
    let version = Version::default();
    let (stage, _answering) = first_platform(1, &version).await;
    let mut updated = stage.provider.listen::<Updated>().await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_json(is("", &json!(null)));
    for (state, status) in [(-1, 502), (-2, 502)] {
        version.store(state, Relaxed);
        device.request("/config/json").await.assert_status(status);
    }
    device.request("/config/json/network").await.assert_status(404);

    is_available(&stage, &version, 7).await;
    device.next_push().await.assert_json(is("7", &json!({})));
    device.request("/applied/json").json(json!({ "configId": "x" })).await.assert_status(400);
    let failed = json!({ "configId": "7", "statusCode": 400, "reasonPhrase": "no WPA2" });
    device.request("/applied/json").json(failed).await.assert_status(200);
    device.request("/applied/json").json(json!({ "configId": "7" })).await.assert_status(200);
    assert_eq!(updated.next().await.config_version, 7);

    let connected = ConnectedEvent {
        endpoints: [("ep-1", "test-app-v1")].into_iter().collect(),
        ..ConnectedEvent::default()
    };
    let kpc = stage.kaa.service("kpc");
    kpc.publish(&connected).await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1, "it has reported version 7");
    version.store(8, Relaxed);
    kpc.publish(&connected).await;
    device.next_push().await.assert_json(is("8", &json!({})));

    device.request("/config/json").json(json!({ "observe": false })).await.assert_status(200);
    is_available(&stage, &version, 9).await;
    assert_eq!(stage.pushed(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_lags_behind_does_not_take_an_endpoint_back() {
    let version = Version::new(AtomicI32::new(7));
    let (mut stage, _answering) = first_platform(2, &version).await;
    let mut device = stage.kaa.endpoint("ep-1");
    let answer = stage.ask(0, &device, json!({ "observe": true })).await;
    answer.assert_status(200).assert_json(is("7", &json!({})));
    is_available(&stage, &version, 6).await;
    is_available(&stage, &version, 8).await;
    device.next_push().await.assert_json(is("8", &json!({})));
    is_available(&stage, &version, 7).await;
    assert_eq!(stage.pushed(), 1);

    // Who takes over knows what the endpoint has.
    stage.replicas.remove(0).die().await;
    is_available(&stage, &version, 7).await;
    assert_eq!(stage.pushed(), 0);
    is_available(&stage, &version, 10).await;
    device.next_push().await.assert_json(is("10", &json!({})));
    assert_eq!(stage.pushed(), 1);
}
