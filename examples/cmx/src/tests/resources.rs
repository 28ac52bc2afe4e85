//! What devices ask.

use kaa_ext::protocol::cdtp::ConfigApplied;
use serde_json::json;

use super::{Stage, is};

#[tokio::test(start_paused = true)]
async fn a_device_gets_its_configuration_byte_for_byte_unless_it_has_it() {
    let stage = Stage::of(1).await;
    let device = stage.kaa.endpoint("ep-1");
    let unassigned = is("", &json!(null));
    device.request("/config/json").await.assert_status(200).assert_json(unassigned.clone());
    device.request("/config/json").json(json!({ "configId": "" })).await.assert_json(json!({}));

    stage.store.set("ep-1", None, "1", r#"{"b": 1.0, "a":1e400}"#);
    let answer = device.request("/config/json").await;
    answer.assert_status(200).assert_text(r#"{"configId":"1","config":{"b": 1.0, "a":1e400}}"#);
    device.request("/config/json").json(json!({ "configId": "1" })).await.assert_json(json!({}));
    device.request("/config/json/network").await.assert_json(unassigned);
    stage.store.set("ep-1", Some("network"), "2", "[]");
    device.request("/config/json/network").await.assert_json(is("2", &json!([])));
    device.request("/config/json/no.name").await.assert_status(400);
    device.request("/config/json").payload("[]").await.assert_status(400);
    assert!(!device.is_pinned());
}

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_reports_is_passed_on_and_nothing_else_is() {
    let stage = Stage::of(1).await;
    stage.store.set("ep-1", None, "1", "{}");
    let mut applied = stage.kaa.service("cdp").listen::<ConfigApplied>().await;
    let device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").await.assert_status(200);
    device.request("/config/json").json(json!({ "configId": "1" })).await.assert_status(200);
    device.request("/applied/json").json(json!({ "status": 1 })).await.assert_status(400);
    let report = json!({ "configId": "1", "statusCode": 400, "reasonPhrase": "no WPA2" });
    let answer = device.request("/applied/json").json(report).await;
    assert_eq!(answer.assert_status(200).payload.as_deref().unwrap_or_default(), b"");
    let event = applied.next().await;
    assert_eq!((&*event.endpoint_id, &*event.config_id, event.status_code), ("ep-1", "1", 400));
    assert_eq!(event.reason_phrase.as_deref(), Some("no WPA2"));
    assert_eq!(&*event.app_version_name, "test-app-v1");
}

#[tokio::test(start_paused = true)]
async fn who_observes_is_pushed_every_change_until_it_has_seen_enough() {
    let stage = Stage::of(1).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_json(is("", &json!(null)));
    assert!(device.is_pinned());
    for id in ["1", "2", "1"] {
        stage.store.set("ep-1", None, id, "{}");
        stage.hint("ep-1").await;
        device.next_push().await.assert_path("/config/json").assert_json(is(id, &json!({})));
    }
    // Without `observe` it stays as it was.
    device.request("/config/json").json(json!({ "configId": "1" })).await.assert_json(json!({}));
    assert!(device.is_pinned());
    stage.store.0.lock().unwrap().configs.clear();
    stage.hint("ep-1").await;
    device.next_push().await.assert_json(is("", &json!(null)));

    device.request("/config/json").json(json!({ "observe": false })).await.assert_status(200);
    assert!(!device.is_pinned());
    stage.store.set("ep-1", None, "3", "{}");
    stage.hint("ep-1").await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 4);
}
