//! Requests, what handlers can ask of them, and answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use serde_json::{Value, json};

use crate::{extension, start};

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

#[resource("/about")]
#[allow(clippy::too_many_arguments, reason = "all of them are shown")]
async fn about(
    endpoint: Option<EndpointId>,
    version: AppVersion,
    id: Option<RequestId>,
    correlation: CorrelationId,
    path: ResourcePath,
    deadline: Deadline,
    payload: Option<Payload>,
    request: Request,
) -> Json<Value> {
    Json(json!({
        "endpoint": endpoint.map(|id| id.to_string()),
        "version": version.as_str(),
        "id": id.map(RequestId::get),
        "correlation": correlation.as_str(),
        "path": path.as_str(),
        "seconds": deadline.remaining().as_secs(),
        "payload": payload.is_some(),
        "same": request.resource_path() == path.as_str(),
    }))
}

#[tokio::test(start_paused = true)]
async fn a_handler_gets_what_it_asks_for_and_the_answer_echoes_the_request() {
    let kaa = start(extension(resources![about].into())).await;
    let reply = kaa
        .endpoint("ep-1")
        .request("/about")
        .request_id(42)
        .app_version("sensor-v3")
        .timeout(Duration::from_secs(8))
        .await;
    reply.assert_status(200).assert_path("/about").assert_json(json!({
        "endpoint": "ep-1", "version": "sensor-v3", "id": 42, "correlation": reply.correlation_id,
        "path": "/about", "seconds": 8, "payload": false, "same": true,
    }));
    assert_eq!((reply.request_id, reply.extension.as_deref()), (Some(42), Some("ext")));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_unaware_extension_answers_without_an_endpoint() {
    let kaa = start(extension(resources![about].into())).await;
    let reply = kaa.without_endpoint().request("/about").await;
    assert_eq!(reply.assert_status(200).json::<Value>()["endpoint"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_payload_goes_through_unchanged_whatever_it_is() {
    let kaa = start(extension(resources![echo].into())).await;
    let device = kaa.endpoint("ep-1");
    for payload in [vec![], vec![0xff, 0x00, 0xfe], vec![b'x'; 20_000]] {
        let reply = device.request("/echo").payload(payload.clone()).await;
        assert_eq!(reply.assert_status(200).payload.as_deref(), Some(&payload[..]));
    }
}

#[resource("/text")]
async fn text() -> String {
    "text".to_owned()
}

#[resource("/nothing")]
async fn nothing() -> () {}

#[resource("/created")]
async fn created() -> (SuccessStatus, Json<u8>) {
    (SuccessStatus::CREATED, Json(7))
}

#[resource("/option/{some}")]
async fn option(some: bool) -> Option<&'static str> {
    some.then_some("some")
}

#[resource("/refused")]
async fn refused() -> Result<(), Failure> {
    Err(Failure::new(ErrorStatus::CONFLICT, "somebody was faster"))
}

#[resource("/broken")]
async fn broken() -> Result<(), Failure> {
    Err(Failure::internal("the password is hunter2"))
}

#[resource("/unencodable")]
async fn unencodable() -> Json<HashMap<(u8, u8), u8>> {
    Json(HashMap::from([((1, 2), 3)]))
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_result_becomes_an_answer() {
    let kaa =
        start(extension(resources![text, nothing, created, option, refused, broken, unencodable].into()))
            .await;
    let device = kaa.endpoint("ep-1");
    device.request("/text").await.assert_status(200).assert_text("text");
    assert_eq!(device.request("/nothing").await.assert_status(200).payload, None);
    device.request("/created").await.assert_status(201).assert_json(json!(7));
    device.request("/option/true").await.assert_status(200).assert_text("some");
    assert_eq!(device.request("/option/false").await.assert_status(200).payload, None);
    device.request("/refused").await.assert_status(409).assert_reason("somebody was faster");
    device.request("/broken").await.assert_status(500).assert_reason("Internal Server Error");
    device.request("/unencodable").await.assert_status(500).assert_reason("Internal Server Error");
    let counters = kaa.settled(8).await;
    assert_eq!((counters.answered, counters.panicked), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_request_id_a_success_is_silent_and_an_error_is_sent() {
    let kaa = start(extension(resources![text, refused].into())).await;
    let device = kaa.endpoint("ep-1");
    device.request("/text").without_request_id().send().await;
    assert_eq!(kaa.settled(1).await.silent, 1);
    let reply = device.request("/refused").without_request_id().await;
    reply.assert_status(409);
    assert_eq!(reply.request_id, None);
    assert_eq!(kaa.settled(2).await.answered, 1);
}

#[resource("/config/json[/{config_name}]")]
async fn config(config_name: Option<ConfigName>) -> String {
    config_name.map_or_else(|| "default".to_owned(), |name| name.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_named_in_the_path_or_in_the_envelope_or_in_both() {
    let kaa = start(extension(resources![config].into())).await;
    let device = kaa.endpoint("ep-1");
    device.request("/config/json").await.assert_text("default");
    device.request("/config/json/network").await.assert_text("network");
    device.request("/config/json").config_name("network").await.assert_text("network");
    device.request("/config/json/network").config_name("network").await.assert_text("network");
    device
        .request("/config/json/network")
        .config_name("radio")
        .await
        .assert_status(400)
        .assert_reason("the path names configuration \"network\", but the field configName names \"radio\"");
}

#[derive(FromRef)]
struct App {
    counted: Counted,
    name: Name,
}

#[derive(Clone, Copy)]
struct Name(&'static str);

/// Counts how often it is cloned.
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Relaxed);
        Self(self.0.clone())
    }
}

#[resource("/name")]
async fn name(State(name): State<Name>) -> &'static str {
    name.0
}

#[resource("/counted")]
async fn counted(State(counted): State<Counted>) -> String {
    counted.0.load(Relaxed).to_string()
}

#[tokio::test(start_paused = true)]
async fn only_the_piece_of_state_a_handler_asks_for_is_cloned_once_per_request() {
    let clones = Arc::new(AtomicUsize::new(0));
    let app = App { counted: Counted(clones.clone()), name: Name("app") };
    let extension = Extension::new("ext").state(app).resources(resources![name, counted]).build().unwrap();
    let kaa = TestKaa::start(extension).await;
    let device = kaa.endpoint("ep-1");
    device.request("/name").await.assert_text("app");
    assert_eq!(clones.load(Relaxed), 0);
    device.request("/counted").await.assert_text("1");
    device.request("/counted").await.assert_text("2");
}

#[resource("/large")]
async fn large() -> Vec<u8> {
    vec![b'x'; 2 * 1024 * 1024]
}

#[resource("/long-story")]
async fn long_story() -> Result<(), Failure> {
    Err(Failure::bad_request("x".repeat(2 * 1024 * 1024)))
}

#[tokio::test(start_paused = true)]
async fn an_answer_larger_than_the_bus_takes_is_500_and_not_silence() {
    let kaa = start(extension(resources![large, long_story].into())).await;
    let device = kaa.endpoint("ep-1");
    device.request("/large").await.assert_status(500);
    device.request("/long-story").await.assert_status(500);
    assert_eq!(kaa.settled(2).await.answered, 2);
}

#[tokio::test(start_paused = true)]
async fn an_empty_application_version_is_answered_although_the_seed_has_no_place_for_it() {
    let kaa = start(extension(resources![text].into())).await;
    kaa.endpoint("ep-1").request("/text").app_version("").await.assert_status(200).assert_text("text");
}
