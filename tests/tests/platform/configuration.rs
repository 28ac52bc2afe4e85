//! Configurations from REST to the device and back.

use std::net::SocketAddr;

use kaa_tests::device::{Device, post};
use kaa_tests::http::{Answer, call};
use kaa_tests::service::Service;
use serde_json::{Value, json};

use kaa_tests::world::{World, eventually};

/// Where the configuration of a device is over REST.
pub(crate) const OF_DEVICE: &str = "/app-versions/av/endpoints/device-1/config";

async fn managing() -> (World, Service, Service, SocketAddr) {
    let world = World::start().await;
    let (mut cdp, cmx) = tokio::join!(world.service("cdp", &[]), world.service("cmx", &[]));
    let rest = cdp.rest().await;
    (world, cdp, cmx, rest)
}

/// Sets a configuration; its ID.
pub(crate) async fn set(rest: SocketAddr, path: &str, content: &Value) -> String {
    let answer = call(rest, "PUT", path, &content.to_string()).await;
    assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    answer.field("config-id").to_owned()
}

/// What a device hears next in this resource, as JSON.
pub(crate) async fn hears(device: &mut Device, resource: &str) -> Value {
    let (topic, payload) = device.hears().await;
    assert_eq!(topic, format!("cmx/device-1/{resource}/status"), "{payload}");
    if payload.is_empty() { Value::Null } else { serde_json::from_str(&payload).unwrap() }
}

/// What a device gets when it asks for its configuration.
pub(crate) async fn asks(device: &mut Device, resource: &str, payload: &Value) -> Value {
    device.tell(&format!("cmx/device-1/{resource}"), &payload.to_string()).await;
    hears(device, resource).await
}

fn nothing_assigned() -> Value {
    json!({ "configId": "", "config": null })
}

#[tokio::test]
async fn what_is_set_over_rest_is_pushed_to_who_observes_and_its_report_is_seen_over_rest() {
    let (world, _cdp, _cmx, rest) = managing().await;
    let mut device = world.device("device-1").await;
    let observe = json!({ "observe": true });
    assert_eq!(asks(&mut device, "config/json/1", &observe).await, nothing_assigned());

    let config = json!({ "sampling": 60 });
    let id = set(rest, OF_DEVICE, &config).await;
    assert_eq!(hears(&mut device, "config/json").await, json!({ "configId": id, "config": config }));
    let answer = asks(&mut device, "config/json/2", &json!({ "configId": id })).await;
    assert_eq!(answer, json!({}), "it has the latest");

    let report = json!({ "configId": id, "statusCode": 200, "reasonPhrase": "applied" });
    assert_eq!(asks(&mut device, "applied/json/3", &report).await, Value::Null);
    let seen = eventually("the report over REST", async || {
        let seen = call(rest, "GET", "/app-versions/av/endpoints/device-1/applied", "").await.json();
        seen.get(0).cloned()
    });
    let seen = seen.await;
    assert_eq!(
        (&seen["configId"], &seen["isCurrent"], &seen["statusCode"], &seen["name"]),
        (&json!(id), &json!(true), &json!(200), &Value::Null),
        "{seen}"
    );

    // From now on it is an old one.
    set(rest, OF_DEVICE, &json!({ "sampling": 30 })).await;
    let seen = call(rest, "GET", "/app-versions/av/endpoints/device-1/applied", "").await.json();
    assert_eq!(seen[0]["isCurrent"], false, "{seen}");
}

#[tokio::test]
async fn a_configuration_for_all_reaches_a_device_without_one_of_its_own_and_by_http_as_well() {
    let (world, _cdp, _cmx, rest) = managing().await;
    let mut device = world.device("device-1").await;
    asks(&mut device, "config/json/1", &json!({ "observe": true })).await;
    let all = set(rest, "/app-versions/av/config", &json!({ "of": "all" })).await;
    assert_eq!(hears(&mut device, "config/json").await["configId"], all.as_str());
    let own = set(rest, OF_DEVICE, &json!({ "of": "device-1" })).await;
    assert_eq!(hears(&mut device, "config/json").await["configId"], own.as_str());

    let (code, of_device_2) = post(&world.kpc, "cmx/device-2/config/json", "{}").await;
    assert_eq!(code, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&of_device_2).unwrap(),
        json!({ "configId": all, "config": { "of": "all" } })
    );

    // Without its own, that of all holds again.
    assert_eq!(call(rest, "DELETE", OF_DEVICE, "").await.status, 204);
    assert_eq!(hears(&mut device, "config/json").await["configId"], all.as_str());
}

#[tokio::test]
async fn configurations_have_names_and_an_unknown_one_is_not_assigned() {
    let (world, _cdp, _cmx, rest) = managing().await;
    let mut device = world.device("device-1").await;
    let id = set(rest, &format!("{OF_DEVICE}?name=network"), &json!({ "dns": "::1" })).await;
    let network = asks(&mut device, "config/json/network/1", &json!({})).await;
    assert_eq!(network, json!({ "configId": id, "config": { "dns": "::1" } }));
    assert_eq!(asks(&mut device, "config/json/weather/2", &json!({})).await, nothing_assigned());
    assert_eq!(asks(&mut device, "config/json/3", &json!({})).await, nothing_assigned());
    let unknown = call(rest, "GET", &format!("{OF_DEVICE}?name=weather"), "").await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    // Path and field disagree.
    device.tell("cmx/device-1/config/json/network/4", r#"{"configName":"weather"}"#).await;
    device.hears_error("cmx/device-1/config/json/network/4", 400).await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_a_reason_on_both_sides() {
    let (world, _cdp, _cmx, rest) = managing().await;
    let mut device = world.device("device-1").await;
    for payload in ["{", "[]", r#"{"observe":1}"#, r#"{"configId":7}"#] {
        device.tell("cmx/device-1/config/json/1", payload).await;
        device.hears_error("cmx/device-1/config/json/1", 400).await;
    }
    device.tell("cmx/device-1/applied/json/1", r#"{"statusCode":200}"#).await;
    device.hears_error("cmx/device-1/applied/json/1", 400).await;

    let refused = |answer: Answer, status: u16| {
        assert_eq!(answer.status, status, "{answer:?}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    };
    refused(call(rest, "PUT", OF_DEVICE, "{").await, 400);
    let largest = format!("\"{}\"", "x".repeat(512 * 1024 - 2));
    assert_eq!(call(rest, "PUT", OF_DEVICE, &largest).await.status, 201);
    refused(call(rest, "PUT", OF_DEVICE, &format!("{largest} ")).await, 413);
    let kept = call(rest, "GET", OF_DEVICE, "").await;
    assert_eq!(kept.body, largest, "what was refused has changed nothing");
}

#[tokio::test]
async fn the_document_of_a_rest_port_is_in_the_name_of_its_service() {
    let (_world, _cdp, _cmx, rest) = managing().await;
    let document = call(rest, "GET", "/openapi.json", "").await.json();
    assert_eq!(document["info"], json!({ "title": "cdp", "version": env!("CARGO_PKG_VERSION") }));
    assert!(document["paths"]["/app-versions/{app_version}/config"].is_object(), "{document}");
}
