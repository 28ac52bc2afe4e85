//! A provider that is away, says no, or speaks the older protocol.

use kaa_ext::protocol::Bytes;
use kaa_ext::protocol::cdtp::ConfigResponse;
use kaa_ext::protocol::cmx2cdp::{self, NewAvailable, Updated};
use serde_json::json;

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

#[tokio::test(start_paused = true)]
async fn the_older_protocol_has_versions_and_never_goes_back() {
    let settings = Settings { protocol: Protocol::Cmx2Cdp, ..Settings::default() };
    let stage = Stage::with(1, settings).await;
    let version = std::sync::Arc::new(std::sync::atomic::AtomicI32::new(7));
    let current = version.clone();
    let _answering = stage
        .provider
        .answer(move |request: cmx2cdp::ConfigRequest| cmx2cdp::ConfigResponse {
            endpoint_id: request.endpoint_id,
            content_type: "json".into(),
            config_version: current.load(std::sync::atomic::Ordering::Relaxed),
            content: Some(Bytes::from_static(b"{}")),
            ..cmx2cdp::ConfigResponse::default()
        })
        .await;
    let mut updated = stage.provider.listen::<Updated>().await;
    let mut device = stage.kaa.endpoint("ep-1");
    let answer = device.request("/config/json").json(json!({ "observe": true })).await;
    answer.assert_status(200).assert_json(is("7", &json!({})));
    device.request("/config/json/network").await.assert_status(404);
    device.request("/applied/json").json(json!({ "configId": "x" })).await.assert_status(400);
    device.request("/applied/json").json(json!({ "configId": "7" })).await.assert_status(200);
    assert_eq!(updated.next().await.config_version, 7);
    for next in [6, 8] {
        version.store(next, std::sync::atomic::Ordering::Relaxed);
        let event = NewAvailable { endpoint_id: "ep-1".into(), ..NewAvailable::default() };
        stage.provider.publish(&event).await;
        stage.quiet().await;
    }
    device.next_push().await.assert_json(is("8", &json!({})));
    assert_eq!(stage.pushed(), 1);
}
