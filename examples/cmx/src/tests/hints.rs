//! Hints come in any order, twice or not at all.

use kaa_ext::protocol::elce::ConnectedEvent;
use serde_json::json;

use super::{Stage, is};

#[tokio::test(start_paused = true)]
async fn ten_hints_about_one_change_are_one_push() {
    let stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    stage.store.set("ep-1", None, "1", "{}");
    for _ in 0..10 {
        stage.hint("ep-1").await;
    }
    device.next_push().await.assert_json(is("1", &json!({})));
    stage.hint("ep-1").await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hint_looks_up_every_name_and_pushes_only_what_differs() {
    let stage = Stage::of(1).await;
    let mut device = stage.kaa.endpoint("ep-1");
    for path in ["/config/json", "/config/json/network", "/config/json/audio"] {
        device.request(path).json(json!({ "observe": true })).await.assert_status(200);
    }
    stage.store.set("ep-1", Some("network"), "7", "{}");
    stage.hint("ep-1").await;
    device.next_push().await.assert_path("/config/json/network").assert_json(is("7", &json!({})));
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_missed_a_push_gets_it_when_it_is_there_again() {
    let stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    stage.store.set("ep-1", None, "1", "{}");
    stage.hint("ep-1").await;
    device.next_push().await;
    let connected = ConnectedEvent {
        endpoints: [("ep-1", "test-app-v1"), ("ep-2", "test-app-v1")].into_iter().collect(),
        ..ConnectedEvent::default()
    };
    let kpc = stage.kaa.service("kpc");
    kpc.publish(&connected).await;
    device.next_push().await.assert_path("/config/json").assert_json(is("1", &json!({})));
    device.request("/applied/json").json(json!({ "configId": "1" })).await.assert_status(200);
    kpc.publish(&connected).await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 2, "what it reported it is not sent again");

    // The hint of this one is lost.
    stage.store.set("ep-1", None, "2", "{}");
    kpc.publish(&connected).await;
    device.next_push().await.assert_json(is("2", &json!({})));
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_a_thousand_hints_is_a_few_questions() {
    let stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    stage.store.set("ep-1", None, "1", "{}");
    let before = stage.store.asked();
    for n in 0..1000 {
        stage.hint("ep-1").await;
        if n % 100 == 0 {
            // The service is not given the time to hear all of them at once.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    stage.quiet().await;
    let questions = stage.store.asked() - before;
    assert!((2..=6).contains(&questions), "{questions} questions");
    device.next_push().await.assert_json(is("1", &json!({})));
    assert_eq!(stage.pushed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_at_the_end_of_a_storm_is_pushed() {
    let stage = Stage::of(1).await;
    let mut device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    for id in 1..=500 {
        stage.store.set("ep-1", None, &id.to_string(), "{}");
        stage.hint("ep-1").await;
    }
    stage.quiet().await;
    let mut last = device.next_push().await;
    for _ in 1..stage.pushed() {
        last = device.next_push().await;
    }
    last.assert_json(is("500", &json!({})));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_comes_back_outdated_is_pushed_by_whoever_has_it_now() {
    let mut stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    stage.store.set("ep-1", None, "1", "{}");
    stage.ask(0, &device, json!({ "observe": true })).await.assert_json(is("1", &json!({})));
    stage.replicas.remove(0).die().await;
    stage.quiet().await;
    // The hint of this one is lost.
    stage.store.set("ep-1", None, "2", "{}");
    let connected = ConnectedEvent {
        endpoints: [("ep-1", "test-app-v1")].into_iter().collect(),
        ..ConnectedEvent::default()
    };
    stage.kaa.service("kpc").publish(&connected).await;
    device.next_push().await.assert_path("/config/json").assert_json(is("2", &json!({})));
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1);
}
