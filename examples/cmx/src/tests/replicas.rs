//! Two replicas are one service.

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};
use serde_json::json;

use super::{Stage, is};

#[tokio::test(start_paused = true)]
async fn the_replica_that_was_asked_last_has_the_observation() {
    let stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    for replica in [0, 1, 0, 1] {
        stage.ask(replica, &device, json!({ "observe": true })).await.assert_status(200);
    }
    stage.quiet().await;
    stage.store.set("ep-1", None, "1", "{}");
    stage.hint("ep-1").await;
    device.next_push().await.assert_json(is("1", &json!({})));
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1);

    stage.ask(0, &device, json!({ "observe": false })).await.assert_status(200);
    stage.store.set("ep-1", None, "2", "{}");
    stage.hint("ep-1").await;
    stage.quiet().await;
    assert_eq!(stage.pushed(), 1, "whoever had the observation");
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_of_one_replica_is_followed_by_the_latest_from_the_other() {
    let stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    stage.store.set("ep-1", None, "1", "{}");
    stage.ask(0, &device, json!({ "observe": true })).await.assert_json(is("1", &json!({})));
    stage.store.set("ep-1", None, "2", "{}");
    stage.hint("ep-1").await;
    device.next_push().await.assert_json(is("2", &json!({})));
    // The provider was asked by the other replica before the change, and its answer comes after the push.
    stage.store.answer_instead(ConfigResponse {
        config_id: Some("1".into()),
        content: Some("{}".into()),
        ..ConfigRequest::default().response(Outcome::OK)
    });
    stage.ask(1, &device, json!({})).await.assert_json(is("1", &json!({})));
    device.next_push().await.assert_json(is("2", &json!({})));
    stage.quiet().await;
    assert_eq!(stage.pushed(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_change_while_the_provider_is_asked_is_not_missed() {
    let stage = Stage::of(2).await;
    let mut device = stage.kaa.endpoint("ep-1");
    stage.store.set("ep-1", None, "1", "{}");
    // The first answer is older than the hint that comes with it.
    stage
        .store
        .answer_instead(ConfigRequest::default().response(Outcome { status: 404, reason: "none yet" }));
    let asked = stage.ask(0, &device, json!({ "observe": true })).into_future();
    let (answer, ()) = tokio::join!(asked, stage.hint("ep-1"));
    answer.assert_json(is("", &json!(null)));
    device.next_push().await.assert_json(is("1", &json!({})));
    stage.quiet().await;
    assert_eq!((stage.pushed(), stage.store.asked() >= 2), (1, true));
}
