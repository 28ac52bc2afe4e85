//! Samples: 200 when they are stored, the right code when they are not.

use kaa_tests::device::{Device, post};
use kaa_tests::service::Service;
use serde_json::Value;

use kaa_tests::store::Store;
use kaa_tests::world::World;

/// Samples that are stored in a file before they are confirmed.
async fn collecting() -> (World, Service, Service, Store) {
    let world = World::start().await;
    let store = Store::sqlite(&world);
    let (epts, dcx) = services(&world, &store).await;
    (world, epts, dcx, store)
}

/// `epts` on this store, and `dcx`, which waits for it.
async fn services(world: &World, store: &Store) -> (Service, Service) {
    let database = store.database();
    let variables = [("DATABASE", &*database)];
    let epts = world.service("epts", &variables);
    let dcx = world.service("dcx", &[("DCX_RECEIVERS", "epts")]);
    tokio::join!(epts, dcx)
}

async fn is_200(device: &mut Device, topic: &str, payload: &str) {
    assert_eq!(device.asks(topic, payload).await, (format!("{topic}/status"), String::new()));
}

/// The code of an error, whose body says the same and gives a reason.
fn error((code, body): (u16, String)) -> u16 {
    let error: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(error["statusCode"], code, "{body}");
    assert!(error["reasonPhrase"].as_str().is_some_and(|reason| !reason.is_empty()), "{body}");
    code
}

async fn what_got_200_is_stored(world: World, store: Store) {
    let (epts, _dcx) = services(&world, &store).await;
    let mut device = world.device("device-1").await;
    is_200(&mut device, "dcx/device-1/json/1", r#"[{"t": 21.0},  {"t":1e400}]"#).await;
    assert_eq!(store.contents().await, [r#"{"t": 21.0}"#, r#"{"t":1e400}"#]);
    let by_http = post(&world.kpc, "dcx/device-2/json", r#"{"t":22}"#).await;
    epts.killed().await;
    assert_eq!(by_http, (200, String::new()));
    assert_eq!(store.contents().await, [r#"{"t": 21.0}"#, r#"{"t":1e400}"#, r#"{"t":22}"#]);
    assert_eq!(store.samples().await[2].endpoint, "device-2");
}

#[tokio::test]
async fn a_batch_that_got_200_is_in_the_file_even_when_its_receiver_is_killed_at_once() {
    let world = World::start().await;
    let store = Store::sqlite(&world);
    what_got_200_is_stored(world, store).await;
}

#[tokio::test]
async fn a_batch_that_got_200_is_in_postgresql_even_when_its_receiver_is_killed_at_once() {
    what_got_200_is_stored(World::start().await, Store::postgres().await).await;
}

#[tokio::test]
async fn what_is_no_batch_is_400_and_stores_nothing() {
    let (world, _epts, _dcx, store) = collecting().await;
    let mut device = world.device("device-1").await;
    let too_deep = format!("{}1{}", "[".repeat(129), "]".repeat(129));
    for (resource, payload) in [
        ("json", r#"[{"t":21},"#),
        ("json", r#"[{"t":21}] [1]"#),
        ("json", "t=21"),
        ("json", ""),
        ("json", &too_deep),
        ("plain/humidity", "wet"),
        ("plain/humidity", r#"{"t":21}"#),
    ] {
        let topic = format!("dcx/device-1/{resource}");
        device.tell(&format!("{topic}/1"), payload).await;
        device.hears_error(&format!("{topic}/1"), 400).await;
        assert_eq!(error(post(&world.kpc, &topic, payload).await), 400, "{payload}");
    }
    assert!(store.contents().await.is_empty());

    // As deep as may be.
    let deep = format!("{}1{}", "[".repeat(128), "]".repeat(128));
    is_200(&mut device, "dcx/device-1/json/2", &deep).await;
    assert_eq!(store.contents().await, [&deep[1..deep.len() - 1]]);
}

#[tokio::test]
async fn ten_thousand_samples_are_a_batch_and_one_more_is_413_and_stores_nothing() {
    let (world, _epts, _dcx, store) = collecting().await;
    let mut device = world.device("device-1").await;
    let batch = |samples: usize| format!("[{}]", vec![r#"{"t":1}"#; samples].join(","));
    for (number, samples) in [9_999, 10_000].into_iter().enumerate() {
        is_200(&mut device, &format!("dcx/device-1/json/{number}"), &batch(samples)).await;
    }
    assert_eq!(store.samples().await.len(), 19_999);
    assert_eq!(post(&world.kpc, "dcx/device-2/json", &batch(10_000)).await.0, 200);
    assert_eq!(store.samples().await.len(), 29_999);

    device.tell("dcx/device-1/json/3", &batch(10_001)).await;
    device.hears_error("dcx/device-1/json/3", 413).await;
    assert_eq!(error(post(&world.kpc, "dcx/device-2/json", &batch(10_001)).await), 413);
    assert_eq!(store.samples().await.len(), 29_999);
}

#[tokio::test]
async fn a_number_with_its_unit_is_stored_as_a_sample_and_can_be_looked_up_as_a_series() {
    let (world, mut epts, _dcx, store) = collecting().await;
    let mut device = world.device("device-1").await;
    is_200(&mut device, "dcx/device-1/plain/humidity/1", "47%").await;
    assert_eq!(store.contents().await, [r#"{"humidity-value":47,"humidity-unit":"%"}"#]);
    let rest = epts.rest().await;
    let series = kaa_tests::http::call(rest, "GET", "/endpoints/device-1/series/humidity-value", "").await;
    assert_eq!((series.status, &series.json()["points"][0]["last"]), (200, &47.0.into()), "{series:?}");
}

#[tokio::test]
async fn without_its_receiver_a_batch_is_503_and_with_it_200_again() {
    let (world, epts, _dcx, store) = collecting().await;
    let mut device = world.device("device-1").await;
    epts.killed().await;
    device.tell("dcx/device-1/json/1", "[1]").await;
    device.hears_error("dcx/device-1/json/1", 503).await;
    assert_eq!(error(post(&world.kpc, "dcx/device-2/json", "[2]").await), 503);
    let _epts = world.service("epts", &[("DATABASE", &*store.database())]).await;
    is_200(&mut device, "dcx/device-1/json/2", "[3]").await;
    assert_eq!(store.contents().await, ["3"], "what was refused has not been stored");
}
