//! What others hear about endpoints (9/ELCE).

use std::time::Duration;

use kaa_bus::{Delivery, Events, Messaging};
use kaa_kpc::relay::Relay;
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_protocol::name::{ReplicaId, ServiceInstance};

use super::world::{Client, World};

/// Somebody who listens.
struct Listener {
    connected: Events<ConnectedEvent>,
    disconnected: Events<DisconnectedEvent>,
}

impl Listener {
    async fn new(world: &World) -> Self {
        let instance = ServiceInstance::from_static("listener");
        let messaging =
            Messaging::new(world.server.connect(), instance, ReplicaId::from_static("listener-0"));
        let kpc = ServiceInstance::from_static("kpc");
        Self {
            connected: messaging.listen(Some(&kpc), Delivery::EveryReplica).await.unwrap(),
            disconnected: messaging.listen(Some(&kpc), Delivery::EveryReplica).await.unwrap(),
        }
    }

    /// What was told within a second, as `replica: endpoints`.
    async fn told(&mut self) -> (Vec<String>, Vec<String>) {
        let (mut connected, mut disconnected) = (vec![], vec![]);
        let second = tokio::time::sleep(Duration::from_secs(1));
        tokio::pin!(second);
        loop {
            tokio::select! {
                event = self.connected.next() => {
                    let event = event.unwrap().unwrap();
                    connected.push(line(&event.originator_replica_id, event.endpoints.keys()));
                }
                event = self.disconnected.next() => {
                    let event = event.unwrap().unwrap();
                    disconnected.push(line(&event.originator_replica_id, event.endpoints.keys()));
                }
                () = &mut second => return (connected, disconnected),
            }
        }
    }
}

fn line<'a>(replica: &str, endpoints: impl Iterator<Item = &'a str>) -> String {
    format!("{replica}: {}", endpoints.collect::<Vec<_>>().join(" "))
}

fn use_all(client: &Client, endpoints: &[&str]) {
    for endpoint in endpoints {
        client.ask(&format!("{endpoint}/echo"), "");
    }
}

async fn two(world: &World) -> [Relay; 2] {
    [world.relay_with(world.options("kpc-0")).await, world.relay_with(world.options("kpc-1")).await]
}

#[tokio::test(start_paused = true)]
async fn endpoints_come_in_one_event_and_leave_in_one() {
    let world = World::new();
    let (relay, mut listener) = (world.relay().await, Listener::new(&world).await);
    let client = Client::of(&relay);
    assert_eq!(listener.told().await, (vec![], vec![]));
    use_all(&client, &["a", "b", "a"]);
    assert_eq!(listener.told().await, (vec!["kpc-0: a b".into()], vec![]));
    use_all(&client, &["b", "c"]);
    assert_eq!(listener.told().await, (vec!["kpc-0: c".into()], vec![]));
    drop(client);
    assert_eq!(listener.told().await, (vec![], vec!["kpc-0: a b c".into()]));
}

#[tokio::test(start_paused = true)]
async fn who_only_speaks_for_itself_is_nobodys_endpoint() {
    let world = World::new();
    let (relay, mut listener) = (world.relay().await, Listener::new(&world).await);
    let client = Client::of(&relay);
    client.ask_unaware("time/1");
    drop(client);
    assert_eq!(listener.told().await, (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_moved_to_another_connection_is_not_gone() {
    let world = World::new();
    let (relay, mut listener) = (world.relay().await, Listener::new(&world).await);
    let (former, latter) = (Client::of(&relay), Client::of(&relay));
    use_all(&former, &["a", "b"]);
    listener.told().await;
    use_all(&latter, &["a"]);
    assert_eq!(listener.told().await, (vec!["kpc-0: a".into()], vec![]));
    drop(former);
    assert_eq!(listener.told().await, (vec![], vec!["kpc-0: b".into()]));
    drop(latter);
    assert_eq!(listener.told().await, (vec![], vec!["kpc-0: a".into()]));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_moved_to_another_replica_is_not_gone() {
    let world = World::new();
    let (relays, mut listener) = (two(&world).await, Listener::new(&world).await);
    let clients = relays.each_ref().map(Client::of);
    use_all(&clients[0], &["a", "b"]);
    listener.told().await;
    use_all(&clients[1], &["a"]);
    assert_eq!(listener.told().await, (vec!["kpc-1: a".into()], vec![]));
    let [former, latter] = clients;
    drop(former);
    assert_eq!(listener.told().await, (vec![], vec!["kpc-0: b".into()]));
    drop(latter);
    assert_eq!(listener.told().await, (vec![], vec!["kpc-1: a".into()]));
}

#[tokio::test(start_paused = true)]
async fn who_reconnects_elsewhere_at_once_is_not_gone() {
    let world = World::new();
    let (relays, mut listener) = (two(&world).await, Listener::new(&world).await);
    let former = Client::of(&relays[0]);
    use_all(&former, &["a"]);
    listener.told().await;
    // The other replica tells first, if only just.
    let latter = Client::of(&relays[1]);
    use_all(&latter, &["a"]);
    tokio::time::sleep(Duration::from_millis(10)).await;
    drop(former);
    assert_eq!(listener.told().await, (vec!["kpc-1: a".into()], vec![]));
}

#[tokio::test(start_paused = true)]
async fn however_an_endpoint_roams_exactly_one_replica_has_it_in_the_end() {
    let world = World::new();
    let (relays, mut listener) = (two(&world).await, Listener::new(&world).await);
    let clients = relays.each_ref().map(Client::of);
    // Back and forth at any pace, also while the events about it are under way.
    for milliseconds in [0, 1, 10, 49, 50, 51, 99, 100, 101, 7, 70, 0, 0, 33] {
        for client in &clients {
            use_all(client, &["a"]);
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        listener.told().await;
        let [former, latter] = relays.each_ref().map(|relay| relay.counters().pushed);
        let puppet = world.puppet_on("unused").await;
        let push = kaa_protocol::esp::ExtensionData {
            correlation_id: "push",
            extension_instance_name: Some("ext"),
            endpoint_id: Some("a"),
            resource_path: "/config",
            status_code: 200,
            ..kaa_protocol::esp::ExtensionData::default()
        };
        puppet.send("kaa.v1.service.kpc.esp.ExtensionData", &push, None).await;
        super::world::quiet().await;
        let pushed = relays.each_ref().map(|relay| relay.counters().pushed);
        assert_eq!(pushed[0] + pushed[1], former + latter + 1, "{milliseconds} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn what_happened_while_the_bus_was_away_is_told_once_when_it_is_back() {
    let world = World::new();
    let (relay, mut listener) = (world.relay().await, Listener::new(&world).await);
    let (stays, goes, moves) = (Client::of(&relay), Client::of(&relay), Client::of(&relay));
    use_all(&stays, &["a"]);
    use_all(&goes, &["b", "c"]);
    use_all(&moves, &["d"]);
    listener.told().await;
    world.server.stop();
    let comes = Client::of(&relay);
    use_all(&comes, &["e", "f"]);
    drop(goes);
    drop(moves);
    use_all(&comes, &["d"]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let counters = relay.counters();
    assert!(counters.untold > 0 && counters.untold < 10, "{counters:?}");
    world.server.start();
    // Those who listen get a second to come back.
    assert_eq!(listener.told().await, (vec![], vec![]));
    assert_eq!(listener.told().await, (vec!["kpc-0: d e f".into()], vec!["kpc-0: b c".into()]));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(listener.told().await, (vec![], vec![]));
    assert_eq!(relay.counters().unannounced, 0);
    drop((stays, comes));
    assert_eq!(listener.told().await.1, ["kpc-0: a", "kpc-0: d e f"]);
}

#[tokio::test(start_paused = true)]
async fn who_came_and_went_while_the_bus_was_away_is_only_gone() {
    let world = World::new();
    let (relay, mut listener) = (world.relay().await, Listener::new(&world).await);
    let client = Client::of(&relay);
    world.server.stop();
    use_all(&client, &["a"]);
    // By then it could not be told.
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(client);
    world.server.start();
    assert_eq!(listener.told().await, (vec![], vec![]));
    assert_eq!(listener.told().await, (vec![], vec!["kpc-0: a".into()]));
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_stops_while_the_bus_is_away_counts_what_it_could_not_tell() {
    let world = World::new();
    let relay = world.relay().await;
    let client = Client::of(&relay);
    use_all(&client, &["a", "b"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.server.stop();
    relay.stop(Duration::from_secs(10)).await.unwrap_err();
    assert_eq!(relay.counters().unannounced, 2);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_another_replica_took_while_this_one_was_away_is_not_taken_back() {
    let (world, elsewhere) = (World::new(), World::new());
    let (relay, mut listener) = (world.relay().await, Listener::new(&world).await);
    let client = Client::of(&relay);
    use_all(&client, &["a"]);
    world.server.stop();
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.server.start();
    // It is back at once, and tells first.
    let other = world.relay_with(elsewhere.options("kpc-1")).await;
    let latter = Client::of(&other);
    use_all(&latter, &["a"]);
    assert_eq!(listener.told().await.0, ["kpc-1: a"]);
    drop(client);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(listener.told().await, (vec![], vec![]));
}
