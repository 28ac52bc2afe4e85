//! Configurations outlive what keeps them, and are the same everywhere.

use kaa_tests::device::post;
use kaa_tests::http::{call, call_with};
use serde_json::json;

use crate::configuration::{OF_DEVICE, asks, hears, set};
use kaa_tests::world::{World, eventually};

/// Of providers that share a bucket.
const SHARED: &[(&str, &str)] = &[("CDP_STORE", "jetstream")];

#[tokio::test]
async fn without_its_provider_a_device_gets_503_and_afterwards_the_latest() {
    let world = World::start().await;
    // A question that was on its way to the one who is killed holds up those that come after it for so long.
    let patience = [("CMX_REQUEST_TIMEOUT", "1s")];
    let (mut cdp, _cmx) = tokio::join!(world.service("cdp", &[]), world.service("cmx", &patience));
    let mut device = world.device("device-1").await;
    let first = set(cdp.rest().await, OF_DEVICE, &json!({ "number": 1 })).await;
    let answer = asks(&mut device, "config/json/1", &json!({ "observe": true })).await;
    assert_eq!(answer["configId"], first.as_str());

    cdp.killed().await;
    // It takes the nats-server a moment to see that, and what it routes meanwhile is not answered.
    let refused = async || (post(&world.kpc, "cmx/device-2/config/json", "{}").await.0 == 503).then_some(());
    eventually("503", refused).await;
    device.tell("cmx/device-1/config/json/2", "{}").await;
    device.hears_error("cmx/device-1/config/json/2", 503).await;

    let mut cdp = world.service("cdp", &[]).await;
    let rest = cdp.rest().await;
    let mut latest = first;
    for number in 2..10 {
        latest = set(rest, OF_DEVICE, &json!({ "number": number })).await;
    }
    // Whatever is pushed on the way there.
    let mut number = 1;
    loop {
        let pushed = hears(&mut device, "config/json").await;
        let next = pushed["config"]["number"].as_i64().unwrap();
        assert!(next > number, "{next} after {number}");
        number = next;
        if pushed["configId"] == latest.as_str() {
            break;
        }
    }
    assert_eq!(asks(&mut device, "config/json/3", &json!({ "configId": latest })).await, json!({}));
}

#[tokio::test]
async fn what_was_set_is_there_when_the_provider_is_killed_right_after_its_answer() {
    let world = World::start().await;
    for store in ["sqlite", "jetstream"] {
        let variables = [("CDP_STORE", store)];
        let mut cdp = world.service("cdp", &variables).await;
        for number in 0..5 {
            let id = set(cdp.rest().await, OF_DEVICE, &json!({ "number": number })).await;
            cdp.killed().await;
            cdp = world.service("cdp", &variables).await;
            let kept = call(cdp.rest().await, "GET", OF_DEVICE, "").await;
            assert_eq!((kept.status, kept.field("config-id")), (200, id.as_str()), "{store}, {number}");
        }
        cdp.killed().await;
    }
}

#[tokio::test]
async fn what_was_set_in_the_bucket_is_there_when_the_server_is_killed_right_after_the_answer() {
    let mut world = World::start().await;
    for number in 0..3 {
        let mut cdp = world.service("cdp", SHARED).await;
        let id = set(cdp.rest().await, OF_DEVICE, &json!({ "number": number })).await;
        world.server.kill();
        cdp.killed().await;
        world.server.restart().await;
        let mut cdp = world.service("cdp", SHARED).await;
        let kept = call(cdp.rest().await, "GET", OF_DEVICE, "").await;
        assert_eq!((kept.status, kept.field("config-id")), (200, id.as_str()), "{number}");
    }
}

#[tokio::test]
async fn providers_on_one_bucket_are_one_provider() {
    let world = World::start().await;
    let (mut here, mut there, _cmx) =
        tokio::join!(world.service("cdp", SHARED), world.service("cdp", SHARED), world.service("cmx", &[]));
    let (rest_here, rest_there) = (here.rest().await, there.rest().await);
    let mut device = world.device("device-1").await;
    asks(&mut device, "config/json/1", &json!({ "observe": true })).await;

    let set_here = call(rest_here, "PUT", OF_DEVICE, r#"{"set":"here"}"#).await;
    let id = set_here.field("config-id").to_owned();
    assert_eq!(hears(&mut device, "config/json").await["configId"], id.as_str());
    let seen_there = call(rest_there, "GET", OF_DEVICE, "").await;
    assert_eq!(seen_there.field("config-id"), id);

    // Of two who change the same revision, one does.
    let condition = [("If-Match", set_here.field("etag"))];
    let (a, b) = tokio::join!(
        call_with(rest_here, "PUT", OF_DEVICE, &condition, r#"{"set":"by a"}"#),
        call_with(rest_there, "PUT", OF_DEVICE, &condition, r#"{"set":"by b"}"#),
    );
    let mut codes = [a.status, b.status];
    codes.sort_unstable();
    assert_eq!(codes, [200, 412], "{a:?} {b:?}");
    let winner = if a.status == 200 { a } else { b };
    assert_eq!(hears(&mut device, "config/json").await["configId"], winner.field("config-id"));

    // Whoever is left does it all.
    here.killed().await;
    let last = set(rest_there, OF_DEVICE, &json!({ "set": "there" })).await;
    assert_eq!(hears(&mut device, "config/json").await["configId"], last.as_str());
    assert_eq!(asks(&mut device, "config/json/2", &json!({ "configId": last })).await, json!({}));
}
