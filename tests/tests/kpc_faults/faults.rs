//! Processes that are killed or frozen while a request is on its way.

use std::time::Duration;

use kaa_bus::{Bus, NatsOptions, RequestError, Subject};
use kaa_tests::device::{Device, post};
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::service::Service;
use tokio::time::Instant;

/// How long a request may take here.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A replica that waits so long.
async fn impatient(server: &NatsServer) -> Kpc {
    Kpc::start_with(server, |kpc| _ = kpc.env("REQUEST_TIMEOUT", format!("{}s", TIMEOUT.as_secs()))).await
}

/// Waits until the server knows that nobody serves this replica any more: it reads the end of a connection when it
/// comes to that, and what it routes there before is lost.
async fn noticed_the_end_of(replica: &str, server: &NatsServer) {
    let bus = Bus::nats(NatsOptions::new(&server.url()).unwrap()).await.unwrap();
    let subject: Subject = format!("kaa.v1.replica.{replica}.esp.ClientData").parse().unwrap();
    let gone = async {
        let within = Duration::from_millis(100);
        while !matches!(
            bus.request(subject.clone(), "".into(), within).await,
            Err(RequestError::NoResponders { .. })
        ) {}
    };
    soon("the server to notice that the replica is gone", gone).await;
}

#[tokio::test]
async fn an_extension_that_is_killed_with_a_request_is_504_for_it_and_503_for_the_next() {
    let server = NatsServer::start().await;
    let (mut stage, kpc) = tokio::join!(Service::stage(&server, "stage-0"), impatient(&server));
    let mut device = Device::connect(&kpc, "device-1").await;
    let asked = Instant::now();
    device.tell("stage/device-1/hold/0", "").await;
    stage.logged("held device-1").await;
    let by_http = async {
        let answered = post(&kpc, "stage/device-2/hold", "").await;
        (answered.0, asked.elapsed())
    };
    let killed = async {
        stage.logged("held device-2").await;
        stage.kill();
        assert!(!stage.ended().await);
    };
    let ((code, took), ()) = tokio::join!(by_http, killed);
    device.hears_error("stage/device-1/hold/0", 504).await;
    assert_eq!(code, 504);
    assert!(took >= TIMEOUT, "{took:?}");

    // Nobody is left, which is known at once.
    device.tell("stage/device-1/hold/0", "").await;
    device.hears_error("stage/device-1/hold/0", 503).await;
    assert_eq!(post(&kpc, "stage/device-2/hold", "").await.0, 503);

    // A new one is used as soon as it is there.
    let _stage = Service::stage(&server, "stage-1").await;
    assert_eq!(device.asks("stage/device-1/observe/0", "").await.0, "stage/device-1/observe/0/status");
}

#[tokio::test]
async fn another_replica_of_a_killed_extension_gets_the_next_request() {
    let server = NatsServer::start().await;
    let mut stage = Service::stage(&server, "stage-0").await;
    let kpc = impatient(&server).await;
    let mut device = Device::connect(&kpc, "device-1").await;
    // The session is pinned to the replica that is going to be killed.
    device.asks("stage/device-1/observe/0", "").await;
    device.tell("stage/device-1/hold/1", "").await;
    stage.logged("held device-1").await;
    let mut other = Service::stage(&server, "stage-1").await;
    stage.kill();
    assert!(!stage.ended().await);
    noticed_the_end_of("stage-0", &server).await;
    device.tell("stage/device-1/hold/2", "again").await;
    other.logged("held device-1").await;
    other.tell("go on").await;
    assert_eq!(device.hears().await, ("stage/device-1/hold/2/status".into(), "again".into()));
    device.hears_error("stage/device-1/hold/1", 504).await;
}

#[tokio::test]
async fn devices_of_a_killed_communication_replica_see_its_end_and_are_served_by_another() {
    let server = NatsServer::start().await;
    let (mut stage, here, there) =
        tokio::join!(Service::stage(&server, "stage-0"), Kpc::start(&server), Kpc::start(&server));
    let mut device = Device::connect(&here, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;
    device.tell("stage/device-1/hold/1", "lost").await;
    stage.logged("held device-1").await;
    let killed = async {
        stage.logged("held device-2").await;
        here.kill();
    };
    let ((code, _), ()) = tokio::join!(post(&here, "stage/device-2/hold", "lost too"), killed);
    assert_eq!(code, 0, "no response at all");
    device.gets_cut().await;
    assert!(!here.ended().await);

    let mut device = Device::connect(&there, "device-1").await;
    // The requests whose answers nobody wants are answered before the one that comes now.
    stage.tell("go on").await;
    stage.tell("go on").await;
    stage.tell("go on").await;
    assert_eq!(
        device.asks("stage/device-1/hold/1", "again").await,
        ("stage/device-1/hold/1/status".into(), "again".into())
    );
    // The extension still pushes to the replica that is gone, and the server says that nobody is there.
    assert_eq!(post(&there, "stage/teller/push/device-1", "news").await.0, 200);
    assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "news".into()));
}

#[tokio::test]
async fn a_frozen_server_is_504_in_time_and_no_matter_afterwards() {
    let server = NatsServer::start().await;
    let (_stage, kpc) = tokio::join!(Service::stage(&server, "stage-0"), impatient(&server));
    let mut device = Device::connect(&kpc, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;
    server.stop();
    let asked = Instant::now();
    let by_mqtt = async {
        device.tell("stage/device-1/observe/1", "").await;
        device.hears_error("stage/device-1/observe/1", 504).await;
    };
    let ((), (code, _)) = tokio::join!(by_mqtt, post(&kpc, "stage/device-2/observe", ""));
    assert_eq!(code, 504);
    assert!(asked.elapsed() >= TIMEOUT && asked.elapsed() < 2 * TIMEOUT, "{:?}", asked.elapsed());
    server.cont();
    is_served_again(&kpc).await;
}

#[tokio::test]
async fn without_a_server_everything_is_503_at_once_and_served_when_it_is_back() {
    let mut server = NatsServer::start().await;
    let (_stage, kpc) = tokio::join!(Service::stage(&server, "stage-0"), Kpc::start(&server));
    let mut device = Device::connect(&kpc, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;
    server.kill();
    let noticed = async { while post(&kpc, "stage/device-2/observe", "").await.0 != 503 {} };
    soon("503", noticed).await;
    device.tell("stage/device-1/observe/1", "").await;
    device.hears_error("stage/device-1/observe/1", 503).await;
    server.restart().await;
    is_served_again(&kpc).await;
    // The connection of the device has been there all the time, and so has its session.
    assert_eq!(post(&kpc, "stage/teller/push/device-1", "news").await.0, 200);
    assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "news".into()));
}

async fn is_served_again(kpc: &Kpc) {
    soon("200", async { while post(kpc, "stage/device-2/observe", "").await.0 != 200 {} }).await;
}
