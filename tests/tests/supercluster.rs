//! Clusters that are joined by gateways, and a server that is a leaf of another: who gets the requests of whom.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use kaa_bus::{Bus, NatsOptions};
use kaa_ext::Server;
use kaa_tests::askers::Askers;
use kaa_tests::echo;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::port::free_port;

async fn connect(server: &NatsServer) -> Bus {
    soon("a connection", Bus::nats(NatsOptions::new(&server.url()).unwrap())).await.unwrap()
}

async fn serve(server: &NatsServer, replica: &str) -> Server {
    let extension = echo::extension().replica(replica).build().unwrap();
    extension.serve(connect(server).await).start().await.unwrap()
}

/// Whoever asks `here` is answered by the replica `there` as long as there is none nearer.
async fn the_nearest_replica_answers(here: NatsServer, there: NatsServer) {
    let far = serve(&there, "echo-far").await;
    let mut askers = Askers::new(Duration::from_secs(2));
    askers.add(connect(&here).await);
    // From here on they have found each other.
    askers.all_answered(5).await;
    let found = Instant::now();

    let near = serve(&here, "echo-near").await;
    askers.all_answered(5).await;
    let (of_far, of_near) = (far.counters().received, near.counters().received);
    askers.all_answered(50).await;
    assert_eq!(far.counters().received, of_far, "the near one has all of them");
    assert!(near.counters().received >= of_near + 50);

    near.stop().await.unwrap();
    askers.all_answered(50).await;
    assert!(far.counters().received >= of_far + 50, "and then it is the far one's turn again");

    let ends = askers.stop().await;
    let failed: Vec<_> = ends.iter().filter(|end| end.sent > found && end.outcome.is_err()).collect();
    assert!(failed.is_empty(), "of {}: {failed:#?}", ends.len());
}

#[tokio::test]
async fn a_request_crosses_a_gateway_only_when_nobody_in_its_own_cluster_serves_it() {
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
    the_nearest_replica_answers(cluster("east", east).await, cluster("west", west).await).await;
}

#[tokio::test]
async fn a_request_leaves_a_leaf_node_only_when_nobody_at_the_leaf_serves_it() {
    let port = free_port();
    let hub = format!("server_name: hub\nleafnodes {{ listen: \"127.0.0.1:{port}\" }}\n");
    let hub = NatsServer::start_with(move |_| hub).await;
    let leaf =
        format!("server_name: leaf\nleafnodes {{ remotes: [ {{ url: \"nats://127.0.0.1:{port}\" }} ] }}\n");
    let leaf = NatsServer::start_with(move |_| leaf).await;
    the_nearest_replica_answers(leaf, hub).await;
}
