//! What a client did not ask for.

use kaa_protocol::esp::ExtensionData;

use super::world::{Client, World, pair, quiet};

const SERVICE: &str = "kaa.v1.service.kpc.esp.ExtensionData";

pub(crate) fn push(endpoint: &'static str) -> ExtensionData<'static> {
    ExtensionData {
        correlation_id: "push-1",
        timestamp: 1_767_225_600_000,
        extension_instance_name: Some("ext"),
        endpoint_id: Some(endpoint),
        resource_path: "/config",
        payload: Some(b"new"),
        status_code: 200,
        ..ExtensionData::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_comes_to_the_connection_that_used_the_endpoint_last() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let (mut former, mut latter) = (Client::of(&relay), Client::of(&relay));
    former.ask("ep-1/echo", "");
    latter.ask("ep-1/observe/false", "");
    assert_eq!(latter.all().await, [pair("ep-1/observe/false/status", "observed")], "a push, no answer");
    assert_eq!(former.all().await, []);
    former.ask("ep-1/echo", "");
    let puppet = world.puppet_on("unused").await;
    puppet.send(SERVICE, &push("ep-1"), None).await;
    assert_eq!(former.all().await, [pair("ep-1/config/status", "new")]);
    assert_eq!(latter.all().await, []);
    assert_eq!(relay.counters().pushed, 2);
}

#[tokio::test(start_paused = true)]
async fn of_two_replicas_only_the_one_with_the_endpoint_delivers() {
    let world = World::new();
    let relays =
        [world.relay_with(world.options("kpc-0")).await, world.relay_with(world.options("kpc-1")).await];
    let _extension = world.extension("ext-0").await;
    let mut clients = [Client::of(&relays[0]), Client::of(&relays[1])];
    clients[0].ask("ep-0/echo", "");
    clients[1].ask("ep-1/echo", "");
    let puppet = world.puppet_on("unused").await;
    puppet.send(SERVICE, &push("ep-1"), None).await;
    puppet.send(SERVICE, &push("ep-2"), None).await;
    assert_eq!(clients[0].all().await, []);
    assert_eq!(clients[1].all().await, [pair("ep-1/config/status", "new")]);
    let counters = relays.each_ref().map(kaa_kpc::relay::Relay::counters);
    assert_eq!(counters.map(|counters| (counters.pushed, counters.not_held)), [(0, 2), (1, 1)]);
    assert_eq!(counters.map(|counters| counters.forwarded), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_push_to_the_replica_its_endpoint_has_left_follows_it() {
    let world = World::new();
    let relays =
        [world.relay_with(world.options("kpc-0")).await, world.relay_with(world.options("kpc-1")).await];
    let _extension = world.extension("ext-0").await;
    let mut clients = [Client::of(&relays[0]), Client::of(&relays[1])];
    for client in &clients {
        client.ask("ep-1/echo", "");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let puppet = world.puppet_on("unused").await;
    puppet.send("kaa.v1.replica.kpc-0.esp.ExtensionData", &push("ep-1"), None).await;
    assert_eq!(clients[0].all().await, []);
    assert_eq!(clients[1].all().await, [pair("ep-1/config/status", "new")]);
    assert_eq!(relays[0].counters().forwarded, 1);
    // What nobody has goes round once and no more.
    puppet.send("kaa.v1.replica.kpc-0.esp.ExtensionData", &push("ep-9"), None).await;
    quiet().await;
    assert_eq!((relays[0].counters().forwarded, relays[1].counters().forwarded), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn both_revisions_are_read_and_a_missing_version_is_the_one_that_is_known() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo", "");
    let puppet = world.puppet_on("unused").await;
    let mut push = push("ep-1");
    puppet.send(SERVICE, &push, None).await;
    push.app_version_name = Some("v1");
    let seed = kaa_protocol::avro::Record::encode(&push, kaa_protocol::esp::Revision::Seed).unwrap();
    puppet.bus.publish(SERVICE.parse().unwrap(), None, seed).await.unwrap();
    assert_eq!(client.all().await, [pair("ep-1/config/status", "new"), pair("ep-1/config/status", "new")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_push_is_counted_and_delivered_to_nobody() {
    let world = World::new();
    let (relay, _extension) = (world.relay().await, world.extension("ext-0").await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo", "");
    quiet().await;
    let puppet = world.puppet_on("unused").await;
    let good = push("ep-1");
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    for bad in [
        ExtensionData { status_code: 500, ..good },
        ExtensionData { request_id: Some(1), ..good },
        ExtensionData { resource_path: "no slash", ..good },
        ExtensionData { resource_path: "/a/+", ..good },
        ExtensionData { extension_instance_name: None, ..good },
        ExtensionData { extension_instance_name: Some("a.b"), ..good },
        ExtensionData { timeout: 1000, ..good },
        ExtensionData { timeout: -1, ..good },
        ExtensionData { endpoint_id: None, ..good },
    ] {
        puppet.send(SERVICE, &bad, None).await;
    }
    assert_eq!(client.all().await, []);
    let counters = relay.counters();
    let counted = (counters.stray, counters.malformed, counters.expired, counters.not_held);
    assert_eq!(counted, (2, 5, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_push_under_the_correlation_id_of_a_request_does_not_answer_it() {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    let mut client = Client::of(&relay);
    client.ask("ep-1/echo/1", "x");
    let got = puppet.next().await;
    let push = ExtensionData { request_id: None, ..got.echo() };
    puppet.answer(&got, &push, None).await;
    puppet.answer(&got, &got.echo(), None).await;
    puppet.answer(&got, &push, None).await;
    let expected = [("ep-1/echo/status", "x"), ("ep-1/echo/1/status", "x"), ("ep-1/echo/status", "x")];
    assert_eq!(client.all().await, expected.map(|(topic, payload)| pair(topic, payload)));
}
