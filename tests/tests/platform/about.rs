//! What a device says and asks about itself: metadata, presence, time, the outcome of a request.

use kaa_bus::SubjectFilter;
use kaa_protocol::avro::Record;
use kaa_protocol::tstp::{DataValue, TimeSeriesEvent};
use kaa_tests::device::{Device, post};
use kaa_tests::patience::soon;
use serde_json::{Value, json};

use kaa_tests::world::{World, eventually};

/// What is on record of `device-1`, as another device of it is told.
async fn metadata(world: &World) -> Value {
    let (code, metadata) = post(&world.kpc, "epmx/device-1/get", "{}").await;
    assert_eq!(code, 200, "{metadata}");
    serde_json::from_str(&metadata).unwrap()
}

async fn asks(device: &mut Device, topic: &str, payload: &str) -> String {
    let (heard, answer) = device.asks(topic, payload).await;
    assert_eq!(heard, format!("{topic}/status"), "{answer}");
    answer
}

#[tokio::test]
async fn metadata_that_got_200_outlives_the_kill_of_its_service() {
    let world = World::start().await;
    let epmx = world.service("epmx", &[]).await;
    let mut device = world.device("device-1").await;
    asks(&mut device, "epmx/device-1/update/1", r#"{"name":"Sensor","room":1}"#).await;
    asks(&mut device, "epmx/device-1/update/keys/2", r#"{"room":2.50,"floor":null}"#).await;
    epmx.killed().await;
    device.tell("epmx/device-1/get/3", "{}").await;
    device.hears_error("epmx/device-1/get/3", 503).await;

    let _epmx = world.service("epmx", &[]).await;
    let kept = json!({ "name": "Sensor", "room": 2.5, "floor": null });
    assert_eq!(metadata(&world).await, kept);
    asks(&mut device, "epmx/device-1/delete/keys/4", r#"["floor","unknown"]"#).await;
    let keys = asks(&mut device, "epmx/device-1/get/keys/5", "").await;
    let mut keys: Vec<String> = serde_json::from_str(&keys).unwrap();
    keys.sort_unstable();
    assert_eq!(keys, ["name", "room"]);
    for payload in ["[", "[]", "7"] {
        device.tell("epmx/device-1/update/6", payload).await;
        device.hears_error("epmx/device-1/update/6", 400).await;
    }
}

#[tokio::test]
async fn who_comes_and_goes_is_told_as_metadata_and_as_a_time_series() {
    let world = World::start().await;
    let (_epmx, _epl) =
        tokio::join!(world.service("epmx", &[("EPMX_SOURCES", "epl")]), world.service("epl", &[]));
    let bus = world.bus().await;
    let filter: SubjectFilter = "kaa.v1.events.epl.>".parse().unwrap();
    let mut events = bus.subscribe(filter, None).await.unwrap();
    let mut points = async || loop {
        let event = soon("a point", events.next()).await.unwrap();
        if let Ok(event) = TimeSeriesEvent::decode_strict(&event.payload) {
            assert_eq!((&*event.endpoint_id, &*event.time_series_name), ("device-1", "auto~connected"));
            let values = event.data_points.iter().map(|point| match point.values.get("value") {
                Some(DataValue::Int(value)) => value,
                other => panic!("{other:?}"),
            });
            return values.collect::<Vec<_>>();
        }
    };
    let becomes = async |connected: bool| {
        let look = async || {
            let metadata = metadata(&world).await;
            (metadata["connected"] == connected).then_some(metadata)
        };
        eventually("presence as metadata", look).await
    };

    let mut device = world.device("device-1").await;
    asks(&mut device, "epmx/device-1/get/1", "{}").await;
    assert_eq!(points().await, [1]);
    let came = becomes(true).await;
    device.leaves().await;
    assert_eq!(points().await, [0]);
    let went = becomes(false).await;
    assert_eq!(went["lastConnected"], came["lastConnected"]);
    assert!(went["lastDisconnected"].as_i64() >= went["lastConnected"].as_i64(), "{went}");
}

#[tokio::test]
async fn the_time_is_told_to_whoever_asks_without_a_token() {
    let world = World::start().await;
    let _tsx = world.service("tsx", &[]).await;
    let now = || u128::try_from(kaa_bus::Clock::System.millis()).unwrap();
    let told = |answer: &str| {
        let answer: Value = serde_json::from_str(answer).unwrap();
        u128::from(answer["timestamp"].as_u64().unwrap())
    };
    let mut device = world.device("clock").await;
    let before = now();
    let by_mqtt = told(&asks(&mut device, "tsx/json/42", "").await);
    let (code, answer) = post(&world.kpc, "tsx/json", "whatever").await;
    assert_eq!(code, 200);
    let times = [before, by_mqtt, told(&answer), now()];
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
async fn a_device_that_missed_an_answer_asks_for_the_outcome_on_another_connection() {
    let world = World::start().await;
    let (_rsx, _dcx) = tokio::join!(world.service("rsx", &[]), world.service("dcx", &[]));
    let mut device = world.device("device-1").await;
    asks(&mut device, "dcx/device-1/json/41", "[1]").await;
    device.tell("dcx/device-1/json/42", "[").await;
    device.hears_error("dcx/device-1/json/42", 400).await;
    device.leaves().await;

    let mut device = world.device("device-1").await;
    let mut outcome = async |request: u32| {
        let topic = format!("rsx/device-1/dcx/{request}");
        // What is read along may come a moment after the answer itself.
        let look = async || {
            let (heard, answer) = device.asks(&topic, "").await;
            (heard == format!("{topic}/status")).then_some(answer)
        };
        serde_json::from_str::<Value>(&eventually("the outcome", look).await).unwrap()
    };
    assert_eq!(outcome(41).await["statusCode"], 200);
    let failed = outcome(42).await;
    assert_eq!(failed["statusCode"], 400);
    assert!(failed["reasonPhrase"].as_str().unwrap().contains("2/DCP"), "{failed}");

    // Nobody hears of requests that were not made, or not by this device.
    let mut other = world.device("device-2").await;
    device.tell("rsx/device-1/dcx/43", "").await;
    device.hears_error("rsx/device-1/dcx/43", 404).await;
    other.tell("rsx/device-2/dcx/41", "").await;
    other.hears_error("rsx/device-2/dcx/41", 404).await;
}
