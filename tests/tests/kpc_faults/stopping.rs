//! A replica of the communication service that is asked to stop (SIGTERM).

use kaa_tests::device::{Device, post};
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::service::Service;

use crate::presence::Presence;

#[tokio::test]
async fn answers_still_come_from_a_replica_that_stops_and_it_ends_well() {
    let server = NatsServer::start().await;
    let mut presence = Presence::listen(&server).await;
    let (mut stage, kpc) = tokio::join!(Service::stage(&server, "stage-0"), Kpc::start(&server));
    let mut device = Device::connect(&kpc, "device-1").await;
    device.tell("stage/device-1/hold/0", "kept").await;
    stage.logged("held device-1").await;
    let stopped = async {
        stage.logged("held device-2").await;
        kpc.terminate();
        // New clients are refused from the moment on that the listeners are closed.
        let refused = async { while post(&kpc, "stage/device-3/observe", "").await.0 != 0 {} };
        soon("a refused connection", refused).await;
        stage.tell("go on").await;
        stage.tell("go on").await;
    };
    let (by_http, ()) = tokio::join!(post(&kpc, "stage/device-2/hold", "kept too"), stopped);
    assert_eq!(by_http, (200, "kept too".to_owned()));
    assert_eq!(device.hears().await, ("stage/device-1/hold/0/status".into(), "kept".into()));
    device.gets_cut().await;
    assert!(kpc.ended().await, "a stopped service ends with exit code 0");
    let [came, went] = [presence.next().await, presence.next().await];
    assert_eq!((came.what.as_str(), came.endpoints.as_str()), ("connected", "device-1"));
    assert_eq!((went.what.as_str(), went.endpoints.as_str()), ("disconnected", "device-1"));
}

#[tokio::test]
async fn a_frozen_server_does_not_hold_up_the_end() {
    let server = NatsServer::start().await;
    let kpc = Kpc::start_with(&server, |kpc| _ = kpc.env("GRACEFUL_SHUTDOWN_PERIOD", "1h")).await;
    let device = Device::connect(&kpc, "device-1").await;
    server.stop();
    kpc.terminate();
    device.gets_cut().await;
    assert!(kpc.ended().await);
    server.cont();
}

#[tokio::test]
async fn a_replica_with_nothing_to_do_stops_at_once_even_without_a_server() {
    let mut server = NatsServer::start().await;
    let kpc = Kpc::start(&server).await;
    let device = Device::connect(&kpc, "device-1").await;
    server.kill();
    kpc.terminate();
    device.gets_cut().await;
    assert!(kpc.ended().await);
}
