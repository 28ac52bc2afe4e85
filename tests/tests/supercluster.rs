//! Clusters that are joined by gateways, and a server that is a leaf of another: who gets the requests of whom.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use kaa_bus::{Bus, NatsOptions, ServiceInstance, Subject, Subscription};
use kaa_ext::Server;
use kaa_tests::askers::Askers;
use kaa_tests::echo;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::port::free_port;
use tokio::time::Instant;

async fn connect(server: &NatsServer) -> Bus {
    soon("a connection", Bus::nats(NatsOptions::new(&server.url()).unwrap())).await.unwrap()
}

async fn serve(server: &NatsServer, replica: &str) -> Server {
    let extension = echo::extension().replica(replica).build().unwrap();
    extension.serve(connect(server).await).start().await.unwrap()
}

/// Whoever asks `here` is answered by the replica `there` as long as there is none nearer.
async fn the_nearest_replica_answers(here: &NatsServer, there: &NatsServer) {
    let far = serve(there, "echo-far").await;
    let mut askers = Askers::new(Duration::from_secs(2));
    askers.add(connect(here).await);
    // From here on they have found each other.
    askers.all_answered(5).await;
    let found = Instant::now();

    let near = serve(here, "echo-near").await;
    askers.all_answered(5).await;
    let (of_far, of_near) = (far.counters().received, near.counters().received);
    askers.all_answered(50).await;
    assert_eq!(far.counters().received, of_far, "the near one has all of them");
    // The first answer of the fifty may have been on its way when they were counted.
    assert!(near.counters().received >= of_near + 49);

    near.stop().await.unwrap();
    askers.all_answered(50).await;
    assert!(far.counters().received >= of_far + 49, "and then it is the far one's turn again");

    let ends = askers.stop().await;
    let failed: Vec<_> = ends.iter().filter(|end| end.sent > found && end.outcome.is_err()).collect();
    assert!(failed.is_empty(), "of {}: {failed:#?}", ends.len());
}

/// An event that somebody announces `here` is heard once by a queue group that is in both places, here, and by everybody
/// who is in no group.
async fn the_nearest_of_a_group_hears_an_event(here: &NatsServer, there: &NatsServer) {
    let event = || "kaa.v1.events.cdp.endpoint.config.updated".parse::<Subject>().unwrap();
    let (near, far, announcer) = (connect(here).await, connect(there).await, connect(here).await);
    let group = ServiceInstance::from_static("cmx");
    let mut near_one = near.subscribe(event(), Some(&group)).await.unwrap();
    let mut far_one = far.subscribe(event(), Some(&group)).await.unwrap();
    let mut everywhere = far.subscribe(event(), None).await.unwrap();
    // From here on they have found each other.
    let found = async {
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        loop {
            announcer.publish(event(), None, "are you there".into()).await.unwrap();
            tokio::select! {
                _ = everywhere.next() => return,
                _ = pause.tick() => {}
            }
        }
    };
    soon("an event from one place to the other", found).await;
    for number in 0..100 {
        announcer.publish(event(), None, number.to_string().into()).await.unwrap();
    }
    let numbers: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(until_99(&mut near_one).await, numbers);
    assert_eq!(until_99(&mut everywhere).await, numbers);
    // What was for it has come before the last one that came from there on the same connection.
    far.fence(Duration::from_secs(5)).await.unwrap();
    far_one.drain(Duration::from_secs(5)).await.unwrap();
    assert_eq!(far_one.next().await, None);
}

/// The numbers among the events, up to the last one.
async fn until_99(subscription: &mut Subscription) -> Vec<String> {
    let mut numbers = Vec::new();
    while numbers.last().is_none_or(|last| last != "99") {
        let event = soon("an event", subscription.next()).await.unwrap();
        let text = String::from_utf8(event.payload.to_vec()).unwrap();
        if text != "are you there" {
            numbers.push(text);
        }
    }
    numbers
}

#[tokio::test]
async fn across_a_gateway_goes_only_what_nobody_in_its_own_cluster_serves() {
    let (east, west) = (free_port(), free_port());
    let cluster = |name: &str, port: u16| {
        let gateways = format!(
            "{{ name: east, url: \"nats://127.0.0.1:{east}\" }}, {{ name: west, url: \"nats://127.0.0.1:{west}\" }}"
        );
        let listen = format!("listen: \"127.0.0.1:{port}\"");
        let config =
            format!("server_name: {name}\ngateway {{ name: {name}, {listen}, gateways: [ {gateways} ] }}\n");
        NatsServer::start_with(move |_| config)
    };
    let (east, west) = (cluster("east", east).await, cluster("west", west).await);
    the_nearest_replica_answers(&east, &west).await;
    the_nearest_of_a_group_hears_an_event(&east, &west).await;
}

#[tokio::test]
async fn from_a_leaf_node_goes_only_what_nobody_at_the_leaf_serves() {
    let port = free_port();
    let hub = format!("server_name: hub\nleafnodes {{ listen: \"127.0.0.1:{port}\" }}\n");
    let hub = NatsServer::start_with(move |_| hub).await;
    let leaf =
        format!("server_name: leaf\nleafnodes {{ remotes: [ {{ url: \"nats://127.0.0.1:{port}\" }} ] }}\n");
    let leaf = NatsServer::start_with(move |_| leaf).await;
    the_nearest_replica_answers(&leaf, &hub).await;
    the_nearest_of_a_group_hears_an_event(&leaf, &hub).await;
}
