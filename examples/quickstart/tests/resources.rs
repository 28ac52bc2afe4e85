//! Every resource of the quickstart, as a device sees it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kaa_ext::testing::TestKaa;
use quickstart::{App, extension};
use serde_json::json;

async fn start(app: App) -> TestKaa {
    TestKaa::start(extension(app).build().unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn samples_are_counted_one_or_many() {
    let kaa = start(App::default()).await;
    let device = kaa.endpoint("ep-1");
    let reply = device.request("/json").json(json!([{ "humidity": 88 }, { "humidity": 87 }])).await;
    reply.assert_status(200).assert_json(json!({ "accepted": 2 }));
    let reply = device.request("/json").json(json!({ "humidity": 88 })).await;
    reply.assert_status(200).assert_json(json!({ "accepted": 1 }));
    device.request("/json").json(json!([])).await.assert_json(json!({ "accepted": 0 }));
    device.request("/json").payload("{").await.assert_status(400);
}

#[tokio::test(start_paused = true)]
async fn an_echo_is_unchanged_and_a_greeting_names_its_guest() {
    let kaa = start(App::default()).await;
    let device = kaa.endpoint("ep-1");
    let reply = device.request("/echo").payload(vec![0, 255]).await;
    assert_eq!(reply.assert_status(200).payload.as_deref(), Some(&[0, 255][..]));
    device.request("/greet/Ada").await.assert_text("Hello, Ada!");
}

#[tokio::test(start_paused = true)]
async fn each_endpoint_is_counted_for_itself() {
    let kaa = start(App::default()).await;
    let (one, two) = (kaa.endpoint("ep-1"), kaa.endpoint("ep-2"));
    one.request("/count").await.assert_text("1");
    one.request("/count").await.assert_text("2");
    two.request("/count").await.assert_text("1");
    kaa.without_endpoint().request("/count").await.assert_status(400);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_given_unless_the_device_has_it() {
    let app = App::default();
    let kaa = start(app.clone()).await;
    let device = kaa.endpoint("ep-1");
    let nothing = json!({ "configId": "", "config": null });
    device.request("/config/json").await.assert_status(200).assert_json(nothing.clone());

    app.configurations.assign(Some("network".parse().unwrap()), json!({ "channel": 11 })).await.unwrap();
    device.request("/config/json").await.assert_json(nothing);
    let reply = device.request("/config/json/network").await;
    let network: serde_json::Value = reply.json();
    assert_eq!(network["config"], json!({ "channel": 11 }));
    let again = json!({ "configId": network["configId"] });
    device.request("/config/json/network").json(again).await.assert_json(json!({}));
    device.request("/config/json/network").json(json!({ "config": 1 })).await.assert_status(400);
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_of_a_change_until_it_has_seen_enough() {
    let app = App::default();
    let kaa = start(app.clone()).await;
    let (mut observer, bystander) = (kaa.endpoint("ep-1"), kaa.endpoint("ep-2"));
    observer.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    bystander.request("/config/json").await.assert_status(200);
    assert!(observer.is_pinned() && !bystander.is_pinned());

    app.configurations.assign(None, json!({ "sampling": 60 })).await.unwrap();
    let push = observer.next_push().await;
    assert_eq!(
        push.assert_path("/config/json").json::<serde_json::Value>()["config"],
        json!({ "sampling": 60 })
    );
    assert_eq!(kaa.counters().pushed, 1);

    observer.request("/config/json").json(json!({ "observe": false })).await.assert_status(200);
    app.configurations.assign(None, json!({ "sampling": 30 })).await.unwrap();
    assert_eq!(kaa.counters().pushed, 1);
}
