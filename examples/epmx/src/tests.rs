//! The service as devices and other services see it.

use kaa_ext::protocol::eme::{MetadataKeyUpdatedDto, MetadataUpdatedEvent};
use kaa_ext::testing::{TestEvents, TestKaa};
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// The service with its file, which goes with it.
struct World {
    kaa: TestKaa,
    store: Store,
    settings: Settings,
    _directory: TempDir,
}

async fn world(limits: Limits) -> World {
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config::<Settings>::default();
    config.extension.database = directory.path().join("epmx.sqlite");
    config.extension.sources = ["epl".parse().unwrap()].into();
    config.extension.limits = limits;
    let store = Store::open(&config.extension).await.unwrap();
    let kaa = TestKaa::start(extension(&config).with_state(store.clone()).build().unwrap()).await;
    World { kaa, store, settings: config.extension, _directory: directory }
}

impl World {
    async fn events(&self) -> TestEvents<MetadataUpdatedEvent> {
        self.kaa.service("watcher").listen().await
    }

    /// The metadata of `ep-1`.
    async fn metadata(&self) -> serde_json::Value {
        self.kaa.endpoint("ep-1").request("/get").await.assert_status(200).json()
    }
}

fn entry<'a>(
    map: &'a kaa_ext::protocol::avro::Map<Option<kaa_ext::protocol::avro::Text>>,
    key: &str,
) -> Option<&'a str> {
    map.get(key).flatten()
}

#[tokio::test]
async fn a_device_reads_what_it_wrote_to_the_letter() {
    let world = world(Limits::default()).await;
    let device = world.kaa.endpoint("ep-1");
    device.request("/get").await.assert_json(json!({}));
    device.request("/get/keys").await.assert_json(json!([]));
    let answer = device.request("/update").payload(r#"{"height": 1.50, "name": "Sensor 1"}"#).await;
    assert_eq!(answer.assert_status(200).payload.as_deref().unwrap_or_default(), b"");
    device.request("/get").await.assert_text(r#"{"height":1.50,"name":"Sensor 1"}"#);
    device
        .request("/get")
        .json(json!({ "keys": ["name", "age"] }))
        .await
        .assert_text(r#"{"name":"Sensor 1"}"#);
    device.request("/get/keys").await.assert_json(json!(["height", "name"]));
    world.kaa.endpoint("ep-2").request("/get").await.assert_json(json!({}));
}

#[tokio::test]
async fn an_update_replaces_everything_and_an_update_of_keys_only_those() {
    let world = world(Limits::default()).await;
    let device = world.kaa.endpoint("ep-1");
    device.request("/update").json(json!({ "a": 1, "b": 2 })).await.assert_status(200);
    device.request("/update/keys").json(json!({ "b": 3, "c": 4 })).await.assert_status(200);
    assert_eq!(world.metadata().await, json!({ "a": 1, "b": 3, "c": 4 }));
    device.request("/delete/keys").json(json!(["a", "z"])).await.assert_status(200);
    assert_eq!(world.metadata().await, json!({ "b": 3, "c": 4 }));
    device.request("/update").json(json!({ "d": null })).await.assert_status(200);
    assert_eq!(world.metadata().await, json!({ "d": null }));
}

#[tokio::test]
async fn others_hear_what_was_added_updated_and_removed_and_nothing_of_what_was_not() {
    let world = world(Limits::default()).await;
    let (device, mut events) = (world.kaa.endpoint("ep-1"), world.events().await);
    device.request("/update").json(json!({ "a": 1, "b": 2, "c": 3 })).await.assert_status(200);
    let first = events.next().await;
    assert_eq!((&*first.endpoint_id, &*first.app_version_name), ("ep-1", "test-app-v1"));
    assert_eq!((first.added.len(), first.updated.len(), first.removed.len()), (3, 0, 0));

    // The same again, a part of it, and the removal of nothing: three times no event.
    device.request("/update").json(json!({ "a": 1, "b": 2, "c": 3 })).await.assert_status(200);
    device.request("/update/keys").json(json!({ "a": 1 })).await.assert_status(200);
    device.request("/delete/keys").json(json!(["z"])).await.assert_status(200);

    device.request("/update").json(json!({ "b": 2, "c": "three", "d": 4 })).await.assert_status(200);
    let second = events.next().await;
    assert_eq!((entry(&second.removed, "a"), second.removed.len()), (Some("1"), 1));
    assert_eq!((entry(&second.added, "d"), second.added.len()), (Some("4"), 1));
    let change = second.updated.get("c").unwrap();
    assert_eq!((change.old_value.as_deref(), change.new_value.as_deref()), (Some("3"), Some("\"three\"")));
    assert_eq!(second.updated.len(), 1);
}

#[tokio::test]
async fn what_a_source_announces_is_merged_and_announced_again() {
    let world = world(Limits::default()).await;
    let (device, mut events) = (world.kaa.endpoint("ep-1"), world.events().await);
    device.request("/update").json(json!({ "name": "x", "old": 1, "kept": 2 })).await.assert_status(200);
    events.next().await;

    let dto =
        |value: Option<&str>| MetadataKeyUpdatedDto { new_value: value.map(Into::into), old_value: None };
    let event = MetadataUpdatedEvent {
        app_version_name: "v1".into(),
        endpoint_id: "ep-1".into(),
        added: [("connected", Some("true")), ("untold", None)].into_iter().collect(),
        updated: [("name", dto(Some("\"y\""))), ("kept", dto(None))].into_iter().collect(),
        removed: [("old", None)].into_iter().collect(),
        ..MetadataUpdatedEvent::default()
    };
    world.kaa.service("epl").publish(&event).await;
    let (told, merged) = (events.next().await, events.next().await);
    assert_eq!(told.added.len(), 2, "what the source said");
    assert_eq!(entry(&merged.added, "connected"), Some("true"));
    assert_eq!((merged.updated.len(), entry(&merged.removed, "old")), (1, Some("1")));
    assert_eq!(world.metadata().await, json!({ "name": "y", "connected": true, "kept": 2 }));
}

#[tokio::test]
async fn an_event_of_a_stranger_or_with_nonsense_changes_nothing() {
    let world = world(Limits::default()).await;
    let event = |key: &str, value: &str| MetadataUpdatedEvent {
        app_version_name: "v1".into(),
        endpoint_id: "ep-1".into(),
        added: [("good", Some("1")), (key, Some(value))].into_iter().collect(),
        ..MetadataUpdatedEvent::default()
    };
    world.kaa.service("stranger").publish(&event("key", "1")).await;
    let source = world.kaa.service("epl");
    for (key, value) in [("no key", "1"), ("key", "{no json"), ("key", "")] {
        source.publish(&event(key, value)).await;
    }
    source.publish(&MetadataUpdatedEvent { endpoint_id: "no endpoint".into(), ..event("key", "1") }).await;
    source.publish(&event("last", "2")).await;
    let counters = world.kaa.settled(5).await;
    assert_eq!(counters.received, 5, "the stranger was not heard");
    assert_eq!(world.metadata().await, json!({ "good": 1, "last": 2 }));
}

#[tokio::test]
async fn the_limits_are_exact_and_a_refused_change_changes_nothing() {
    let world = world(Limits { keys: 3, value_bytes: 10, bytes: 16 }).await;
    let device = world.kaa.endpoint("ep-1");
    let text = |length: usize| "x".repeat(length - 2);
    device.request("/update").json(json!({ "a": text(9) })).await.assert_status(200);
    device.request("/update").json(json!({ "a": text(10) })).await.assert_status(200);
    let refused = device.request("/update").json(json!({ "a": text(11) })).await;
    refused
        .assert_status(413)
        .assert_reason("the value of the metadata key \"a\" has 11 bytes; the most is 10");
    // 11 bytes are there. Keys of one byte, values of one: 2 bytes each.
    device.request("/update/keys").json(json!({ "b": 1 })).await.assert_status(200);
    device.request("/update/keys").json(json!({ "c": 12 })).await.assert_status(200);
    let refused = device.request("/update/keys").json(json!({ "c": 123 })).await;
    refused
        .assert_status(413)
        .assert_reason("the metadata of the endpoint would have 17 bytes; the most is 16");
    let refused = device.request("/update").json(json!({ "a": 1, "b": 1, "c": 1, "d": 1 })).await;
    refused.assert_status(413).assert_reason("the endpoint would have 4 metadata keys; the most is 3");
    assert_eq!(world.metadata().await, json!({ "a": text(10), "b": 1, "c": 12 }));
}

#[tokio::test]
async fn metadata_can_be_tidied_up_after_a_limit_was_lowered() {
    let world = world(Limits::default()).await;
    let device = world.kaa.endpoint("ep-1");
    device.request("/update").json(json!({ "a": "long enough", "b": 1, "c": 1 })).await.assert_status(200);
    let settings =
        Settings { limits: Limits { keys: 1, value_bytes: 1, bytes: 2 }, ..world.settings.clone() };
    let strict = Store::open(&settings).await.unwrap();
    let endpoint: EndpointId = "ep-1".parse().unwrap();
    let remove = |key: &str| change::Change::Merge {
        remove: serde_json::from_value(json!([key])).unwrap(),
        set: Default::default(),
    };
    assert!(strict.change(endpoint.clone(), remove("b")).await.unwrap().is_ok());
    let set = change::Change::Merge {
        remove: Default::default(),
        set: kaa_ext::protocol::json::JsonPayload::from_json(br#"{"d":1}"#).unwrap(),
    };
    assert!(strict.change(endpoint, set).await.unwrap().is_err());
    strict.close().await;
}

#[tokio::test]
async fn a_wrong_payload_is_400_and_a_device_without_an_endpoint_too() {
    let world = world(Limits::default()).await;
    let device = world.kaa.endpoint("ep-1");
    for (path, payload) in [
        ("/update", "{}"),
        ("/update", "[]"),
        ("/update", r#"{"a b":1}"#),
        ("/update/keys", r#"{"a":1,"a":2}"#),
        ("/delete/keys", "[]"),
        ("/delete/keys", "{"),
        ("/get", "[]"),
    ] {
        device.request(path).payload(payload).await.assert_status(400);
    }
    world.kaa.without_endpoint().request("/get").await.assert_status(400);
    assert_eq!(world.metadata().await, json!({}));
}

#[tokio::test]
async fn updates_of_one_endpoint_at_the_same_time_add_up() {
    let world = world(Limits::default()).await;
    let mut events = world.events().await;
    // Around the lanes of the extension: straight to the store, as a second process with the file does.
    let endpoint: EndpointId = "ep-1".parse().unwrap();
    let changes = (0..50).map(|number| {
        let (store, endpoint) = (world.store.clone(), endpoint.clone());
        tokio::spawn(async move {
            let set = format!(r#"{{"key_{number}":{number},"last":{number}}}"#);
            let set = kaa_ext::protocol::json::JsonPayload::from_json(set.as_bytes()).unwrap();
            let change = change::Change::Merge { remove: Default::default(), set };
            store.change(endpoint, change).await.unwrap().unwrap()
        })
    });
    let mut differences = Vec::new();
    for change in changes.collect::<Vec<_>>() {
        differences.push(change.await.unwrap());
    }
    let last = |difference: &change::Difference| difference.added.keys().any(|key| key.as_str() == "last");
    assert_eq!(
        differences.iter().filter(|difference| last(difference)).count(),
        1,
        "added once, then updated"
    );
    assert_eq!(world.metadata().await.as_object().unwrap().len(), 51);
    world.kaa.endpoint("ep-1").request("/update").json(json!({ "a": 1 })).await.assert_status(200);
    assert_eq!(events.next().await.removed.len(), 51);
}

#[tokio::test]
async fn metadata_is_there_after_a_restart() {
    let world = world(Limits::default()).await;
    world.kaa.endpoint("ep-1").request("/update").json(json!({ "a": 1 })).await.assert_status(200);
    world.kaa.stop().await;
    world.store.close().await;

    let mut config = Config::<Settings>::default();
    config.extension = world.settings.clone();
    let running = start(Bus::memory(), config).await.unwrap();
    let store = Store::open(&world.settings).await.unwrap();
    assert_eq!(store.read("ep-1".parse().unwrap()).await.unwrap().0.len(), 1);
    store.close().await;
    running.stop(std::time::Duration::from_secs(1)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_confirmed_and_not_announced() {
    let world = world(Limits::default()).await;
    let mut events = world.events().await;
    world.kaa.endpoint("ep-1").request("/update").json(json!({ "a": 1 })).await.assert_status(200);
    events.next().await;
    world.store.close().await;
    let refused = world.kaa.endpoint("ep-1").request("/update").json(json!({ "a": 2 })).await;
    refused.assert_status(503);
    let witness = MetadataUpdatedEvent { endpoint_id: "witness".into(), ..MetadataUpdatedEvent::default() };
    world.kaa.service("witness").publish(&witness).await;
    assert_eq!(events.next().await.endpoint_id, "witness");
}
