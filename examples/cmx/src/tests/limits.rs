//! What is kept in mind is bounded.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::json;

use super::Stage;
use crate::Settings;
use crate::observations::PER_ENDPOINT;

async fn is_pushed(stage: &Stage, endpoint: &str, id: &str) -> bool {
    let before = stage.pushed();
    stage.store.set(endpoint, None, id, "{}");
    stage.hint(endpoint).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    stage.pushed() > before
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_not_heard_of_for_longest_makes_room() {
    let settings = Settings { max_endpoints: NonZeroUsize::new(2).unwrap(), ..Settings::default() };
    let stage = Stage::with(1, settings).await;
    for endpoint in ["ep-1", "ep-2", "ep-1", "ep-3"] {
        let device = stage.kaa.endpoint(endpoint);
        device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    }
    assert!(is_pushed(&stage, "ep-1", "1").await);
    assert!(!is_pushed(&stage, "ep-2", "1").await);
    assert!(is_pushed(&stage, "ep-3", "1").await);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_not_heard_of_for_too_long_is_forgotten() {
    let settings = Settings { endpoint_ttl: Duration::from_secs(100), ..Settings::default() };
    let stage = Stage::with(1, settings).await;
    let device = stage.kaa.endpoint("ep-1");
    device.request("/config/json").json(json!({ "observe": true })).await.assert_status(200);
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert!(is_pushed(&stage, "ep-1", "1").await);
    tokio::time::sleep(Duration::from_secs(110)).await;
    assert!(!is_pushed(&stage, "ep-1", "2").await);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_observes_so_many_configurations_and_no_more() {
    let stage = Stage::of(1).await;
    let device = stage.kaa.endpoint("ep-1");
    for n in 0..=PER_ENDPOINT {
        let status = if n < PER_ENDPOINT { 200 } else { 429 };
        let request = device.request(format!("/config/json/n{n}")).json(json!({ "observe": true }));
        request.await.assert_status(status);
    }
    device.request("/config/json/n0").json(json!({ "observe": true })).await.assert_status(200);
    device.request("/config/json/n1").json(json!({ "observe": false })).await.assert_status(200);
    device.request("/config/json/new").json(json!({ "observe": true })).await.assert_status(200);
}
