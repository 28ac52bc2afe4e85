use std::time::Duration;

use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_ext::testing::TestKaa;
use serde_json::{Value, json};

use super::*;

/// The moment at which [`Clock::tokio`] starts.
const START: i64 = 1_767_225_600_000;

async fn kaa() -> TestKaa {
    TestKaa::start(extension(Clock::tokio()).build().unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_device_gets_the_time_of_its_answer_in_milliseconds() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    device.request("/json").await.assert_status(200).assert_json(json!({ "timestamp": START }));
    tokio::time::advance(Duration::from_millis(1_234)).await;
    device.request("/json").await.assert_status(200).assert_json(json!({ "timestamp": START + 1_234 }));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_endpoint_gets_it_as_well() {
    let kaa = kaa().await;
    let device = kaa.without_endpoint();
    device.request("/json").await.assert_status(200).assert_json(json!({ "timestamp": START }));
}

#[tokio::test(start_paused = true)]
async fn what_a_device_sends_does_not_matter() {
    let kaa = kaa().await;
    let device = kaa.without_endpoint();
    for payload in [&b"{}"[..], b"{", b"\xff\x00"] {
        device.request("/json").payload(payload).await.assert_status(200);
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_no_other_path() {
    let kaa = kaa().await;
    for path in ["", "/", "/json/", "/time"] {
        kaa.without_endpoint().request(path).await.assert_status(404);
    }
}

#[tokio::test]
async fn the_service_tells_the_time_of_this_machine() {
    let bus = Bus::memory();
    let running = start(bus.clone(), Config::default()).await.unwrap();
    let request = ClientData {
        correlation_id: "c",
        timestamp: Clock::System.millis(),
        app_version_name: "test-app-v1",
        resource_path: "/json",
        request_id: Some(0),
        ..ClientData::default()
    };
    let subject = "kaa.v1.service.tsx.esp.ClientData".parse().unwrap();
    let datum = request.encode(Revision::Seed).unwrap();
    let before = Clock::System.millis();
    let answer = bus.request(subject, datum, Duration::from_secs(10)).await.unwrap();
    let answer = ExtensionData::decode(&answer.payload).unwrap().record;
    let time: Value = serde_json::from_slice(answer.payload.unwrap()).unwrap();
    let told = time["timestamp"].as_i64().unwrap();
    assert!((before..=Clock::System.millis()).contains(&told), "{time}");
    running.stop(Duration::from_secs(1)).await.unwrap();
}
