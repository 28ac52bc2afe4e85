//! What those who ask see of a nats-server that dies, freezes or announces its end, in a cluster and alone; and
//! what the services say about themselves meanwhile.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Bus, Connection, NatsOptions, PublishError, RequestError, Subject, SubjectFilter};
use kaa_ext::prelude::*;
use kaa_tests::askers::{Askers, Ended};
use kaa_tests::echo::Echo;
use kaa_tests::http;
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_cluster::{NatsCluster, SIZE};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::{PATIENCE, soon};
use kaa_tests::service::Service;
use tokio::sync::Notify;
use tokio::time::Instant;

async fn connect(urls: &str) -> Bus {
    soon("a connection", Bus::nats(NatsOptions::new(urls).unwrap())).await.unwrap()
}

#[tokio::test]
async fn a_cluster_that_loses_one_server_after_the_other_goes_on_answering() {
    let mut cluster = NatsCluster::start().await;
    // Each knows one server, and learns of the others from it.
    let (one, two) = (connect(&cluster.url(0)).await, connect(&cluster.url(1)).await);
    let _replicas = [Echo::start(one, "echo-0").await, Echo::start(two, "echo-1").await];
    let mut askers = Askers::new(Duration::from_millis(500));
    for node in 0..2 * SIZE {
        askers.add(connect(&cluster.url(node % SIZE)).await);
    }
    askers.all_answered(5).await;
    for round in 0..2 * SIZE {
        let node = cluster.node(round % SIZE);
        node.kill();
        askers.all_answered(5).await;
        node.restart().await;
        cluster.is_whole().await;
        askers.all_answered(5).await;
    }
    let ends = askers.stop().await;
    // Whoever was not answered was told so, and there were not many of them.
    let failed: Vec<_> = ends.iter().filter(|end| end.outcome.is_err()).collect();
    assert!(failed.len() < ends.len() / 2, "{} of {}: {failed:#?}", failed.len(), ends.len());
}

#[tokio::test]
async fn a_server_that_announces_its_end_is_left_and_nobody_who_asks_sees_an_error() {
    let mut cluster = NatsCluster::start().await;
    let (here, there) = (connect(&cluster.url(0)).await, connect(&cluster.url(1)).await);
    let _replicas = [Echo::start(here.clone(), "echo-0").await, Echo::start(there, "echo-1").await];
    let mut askers = Askers::new(Duration::from_secs(5));
    let mut asking = Vec::new();
    for node in [0, 0, 1, 2] {
        let bus = connect(&cluster.url(node)).await;
        askers.add(bus.clone());
        asking.push(bus);
    }
    askers.all_answered(20).await;
    cluster.node(0).lame_duck();
    let moved = async {
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while [&here, &asking[0], &asking[1]].iter().any(|bus| bus.connects() < 2) {
            look.tick().await;
        }
    };
    soon("three connections to move", moved).await;
    // The one that has moved is in its group again, and gets its share.
    askers.all_answered(20).await;
    cluster.node(0).kill();
    askers.all_answered(20).await;
    for bus in [&here, &asking[0], &asking[1], &asking[2]] {
        // Nobody was there when it ended.
        assert_eq!((bus.connection(), bus.stats().reconnects), (Connection::Connected, 0));
    }
    let ends = askers.stop().await;
    let failed: Vec<_> = ends.iter().filter(|end| end.outcome.is_err()).collect();
    assert!(failed.is_empty(), "of {}: {failed:#?}", ends.len());
}

#[tokio::test]
async fn an_answer_that_takes_its_time_is_waited_for_before_the_connection_of_its_asker_moves() {
    let mut cluster = NatsCluster::start().await;
    let (here, there) = (connect(&cluster.url(0)).await, connect(&cluster.url(1)).await);
    let slow: Subject = "slow".parse().unwrap();
    let mut requests = there.subscribe(SubjectFilter::from(slow.clone()), None).await.unwrap();
    let asking = here.clone();
    let answered = tokio::spawn(async move {
        loop {
            let answer = asking.request(slow.clone(), "".into(), PATIENCE).await;
            // The servers may not know of the subscription yet.
            if !matches!(answer, Err(RequestError::NoResponders { .. })) {
                return answer;
            }
        }
    });
    let request = soon("the request", requests.next()).await.unwrap();
    cluster.node(0).lame_duck();
    let mut look = tokio::time::interval(Duration::from_millis(5));
    let ask = || here.try_publish("nobody".parse().unwrap(), Some("answers".parse().unwrap()), "".into());
    let held = async {
        while !matches!(ask(), Err(PublishError::Full { .. })) {
            look.tick().await;
        }
    };
    soon("the connection to hold back questions", held).await;
    let to: Subject = request.reply_to.unwrap().try_into().unwrap();
    // Nothing comes for twice as long as is called quiet, and the answer of somebody else may go out.
    for _ in 0..20 {
        look.tick().await;
        here.try_publish("elsewhere".parse().unwrap(), None, "".into()).unwrap();
    }
    there.publish(to, None, "at last".into()).await.unwrap();
    assert_eq!(answered.await.unwrap().unwrap().payload, "at last");
    let moved = async {
        while here.connects() < 2 {
            look.tick().await;
        }
    };
    soon("the connection to move", moved).await;
}

/// A request that was begun, and leave to end it.
#[derive(Debug, Default)]
struct Slow {
    begun: Notify,
    end: Notify,
}

#[resource("/slow")]
async fn slow(State(slow): State<Arc<Slow>>) -> &'static str {
    slow.begun.notify_one();
    slow.end.notified().await;
    "at last"
}

#[resource("/fast")]
async fn fast() -> &'static str {
    "at once"
}

#[tokio::test]
async fn what_devices_have_asked_is_answered_before_the_connection_of_kaa_kpc_moves() {
    let mut cluster = NatsCluster::start().await;
    let there = connect(&cluster.url(1)).await;
    let state = Arc::new(Slow::default());
    let extension = Extension::new("slow").state(Arc::clone(&state)).resources(resources![slow, fast]);
    let _replica = extension.replica("slow-0").build().unwrap().serve(there).start().await.unwrap();
    let kpc = Kpc::start(cluster.node(0)).await;
    let devices = kpc.address("http");
    let ask = move |what| async move { http::call(devices, "POST", what, "").await };
    let fast_is = async |status| while ask("/kp1/v1/slow/e1/fast").await.status != status {};
    soon("the servers to know of the extension", fast_is(200)).await;
    let asked = tokio::spawn(ask("/kp1/v1/slow/e2/slow"));
    soon("the request", state.begun.notified()).await;
    cluster.node(0).lame_duck();
    soon("the connection to hold back questions", fast_is(503)).await;
    // Nothing comes for twice as long as is called quiet, and still it waits.
    let mut look = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..20 {
        look.tick().await;
    }
    assert_eq!(ask("/kp1/v1/slow/e1/fast").await.status, 503);
    state.end.notify_one();
    let answer = soon("the answer", asked).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "at last"));
    soon("the connection to move", fast_is(200)).await;
}

#[tokio::test]
async fn the_only_replica_of_an_extension_moves_without_being_missed() {
    let mut cluster = NatsCluster::start().await;
    let here = connect(&cluster.url(0)).await;
    let only = Echo::start(here.clone(), "echo-0").await;
    let mut askers = Askers::new(Duration::from_secs(5));
    for node in [1, 2] {
        askers.add(connect(&cluster.url(node)).await);
    }
    askers.all_answered(20).await;
    cluster.node(0).lame_duck();
    let mut look = tokio::time::interval(Duration::from_millis(5));
    let moved = async {
        while here.connects() < 2 {
            look.tick().await;
        }
    };
    soon("the connection to move", moved).await;
    askers.all_answered(100).await;
    let ends: Vec<Ended> = askers.stop().await;
    let failed: Vec<_> = ends.iter().filter(|end| end.outcome.is_err()).collect();
    assert!(failed.is_empty(), "of {}: {failed:#?}", ends.len());
    // Each request came once, whichever connection brought it.
    let counters = only.stop().await;
    assert_eq!(counters.received, u64::try_from(ends.len()).unwrap());
    assert_eq!((counters.in_flight(), counters.failed_to_send), (0, 0));
}

#[tokio::test]
async fn a_server_without_a_cluster_is_stayed_with_to_the_end() {
    let mut server = NatsServer::start().await;
    let bus = connect(&server.url()).await;
    let _replica = Echo::start(bus.clone(), "echo-0").await;
    let mut askers = Askers::new(Duration::from_secs(5));
    askers.add(connect(&server.url()).await);
    askers.all_answered(1).await;
    server.lame_duck();
    askers.all_answered(20).await;
    assert_eq!(bus.connection(), Connection::Connected);
    server.kill();
    let ends = askers.stop().await;
    assert!(ends.iter().rev().skip(1).all(|end| end.outcome.is_ok()), "{ends:?}");
}

/// The status of `/health/ready`, and how long it took to say so.
async fn ready(admin: SocketAddr) -> (u16, Duration) {
    let asked = Instant::now();
    let answer = http::call(admin, "GET", "/health/ready", "").await;
    (answer.status, asked.elapsed())
}

async fn becomes(admin: SocketAddr, status: u16) {
    soon("another readiness", async { while ready(admin).await.0 != status {} }).await;
}

/// What R5 allows: a readiness that is older than this is not the truth.
const TRUTH: Duration = Duration::from_millis(3_500);

#[tokio::test]
async fn readiness_tells_the_truth_about_a_server_that_is_frozen_or_gone() {
    let mut server = NatsServer::start().await;
    let mut extension = Service::with_admin(&server, "quickstart-0").await;
    let kpc = Kpc::start_with(&server, |kpc| _ = kpc.args(["--admin", "127.0.0.1:0"])).await;
    let admins = [extension.admin().await, kpc.address("admin")];
    for admin in admins {
        assert_eq!(ready(admin).await.0, 200);
        let metrics = http::call(admin, "GET", "/metrics", "").await;
        assert!(metrics.body.contains("_bus_connected 1\n"), "{metrics:?}");
    }
    server.stop();
    for admin in admins {
        let (status, took) = ready(admin).await;
        assert_eq!(status, 503);
        assert!(took < TRUTH, "{took:?}");
    }
    server.cont();
    for admin in admins {
        becomes(admin, 200).await;
    }
    server.kill();
    for admin in admins {
        // Who asks at once may be answered before the end of the connection is noticed, but not for long.
        let gone = Instant::now();
        becomes(admin, 503).await;
        assert!(gone.elapsed() < TRUTH, "{:?}", gone.elapsed());
    }
    server.restart().await;
    for admin in admins {
        becomes(admin, 200).await;
    }
    extension.terminate();
    assert!(extension.ended().await);
}
