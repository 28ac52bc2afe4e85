//! A replica of an extension that is cut off from the bus.

use kaa_tests::cable::{Cable, Way};
use kaa_tests::device::Device;
use kaa_tests::kpc::Kpc;
use kaa_tests::load::{Door, Fates, Load};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::service::Service;

use crate::site::{
    Ending, NEVER, PING, TIMEOUT, communication, extension, figure, is_served, is_there, reaches, server,
    status,
};

/// How many further batches have to get their 200.
const PROGRESS: usize = 50;

/// Each batch has one end, in time, and an honest one; some were refused.
fn are_well(fates: &Fates) {
    assert_eq!(fates.strays, Vec::<String>::new());
    for (batch, fate) in &fates.batches {
        assert!(matches!(fate.code, Some(200 | 503 | 504)), "{batch}: {fate:?}");
        assert!(fate.took < 5 * TIMEOUT, "{batch}: {fate:?}");
    }
    assert!(fates.batches.values().any(|fate| fate.code == Some(504)), "nobody felt it");
}

/// A replica is cut off one way while another one is not, and comes back.
async fn is_cut_off(way: Way, ending: Ending) {
    let server = server().await;
    let cable = Cable::to(&server).await;
    let (mut victim, other, kpc) = tokio::join!(
        extension("dcx", "dcx-victim", &server, cable.url(), PING),
        extension("dcx", "dcx-other", &server, server.url(), PING),
        communication(server.url(), PING),
    );
    let load = Load::start(Door::of(&kpc), 8, 4);
    load.goes_on("the load to begin", PROGRESS).await;

    cable.cut(way);
    load.suffers("a request that the victim has to itself", 1).await;
    is_there("dcx-victim", false, &server.url()).await;
    victim.logged("connection to NATS lost").await;
    load.goes_on("service by the other one", PROGRESS).await;
    // Nobody is sent to the victim any more.
    for _ in 0..20 {
        assert_eq!(status(&kpc, "dcx/ep-1/json").await, 200);
    }

    ending.of(&cable);
    victim.logged("connection to NATS is back").await;
    is_there("dcx-victim", true, &server.url()).await;
    load.goes_on("service by both", PROGRESS).await;
    other.killed().await;
    is_there("dcx-other", false, &server.url()).await;
    load.goes_on("service by the one that was cut off", PROGRESS).await;
    are_well(&load.stop().await);
}

#[tokio::test]
async fn a_replica_whose_answers_cannot_leave_is_not_asked_any_more_until_they_can() {
    is_cut_off(Way::ToServer, Ending::Mended).await;
}

#[tokio::test]
async fn a_replica_whose_answers_cannot_leave_serves_again_after_a_reset() {
    is_cut_off(Way::ToServer, Ending::Reset).await;
}

#[tokio::test]
async fn a_replica_that_requests_cannot_reach_is_not_asked_any_more_until_they_can() {
    is_cut_off(Way::FromServer, Ending::Mended).await;
}

#[tokio::test]
async fn a_replica_that_requests_cannot_reach_serves_again_after_a_reset() {
    is_cut_off(Way::FromServer, Ending::Reset).await;
}

/// One replica, whose connection nobody gives up, and a device.
async fn alone() -> (NatsServer, Cable, Service, Kpc, Device) {
    let server = NatsServer::start().await;
    let cable = Cable::to(&server).await;
    let (stage, kpc) = tokio::join!(
        extension("stage", "stage-0", &server, cable.url(), NEVER),
        communication(server.url(), NEVER),
    );
    let device = Device::connect(&kpc, "device-1").await;
    (server, cable, stage, kpc, device)
}

#[tokio::test]
async fn an_answer_that_was_held_back_beyond_its_time_is_given_to_nobody() {
    let (_server, cable, mut stage, kpc, mut device) = alone().await;
    device.tell("stage/device-1/hold/1", "too late").await;
    stage.logged("held device-1").await;
    cable.cut(Way::ToServer);
    stage.tell("go on").await;
    device.hears_error("stage/device-1/hold/1", 504).await;
    cable.mend();
    let admin = kpc.address("admin");
    reaches(admin, "kaa_kpc_relay_late_total", 1).await;
    // What comes next is the answer to the next request.
    stage.tell("go on").await;
    let answer = device.asks("stage/device-1/hold/2", "in time").await;
    assert_eq!(answer, ("stage/device-1/hold/2/status".into(), "in time".into()));
    assert_eq!(figure(admin, "kaa_kpc_relay_late_total").await, 1);
}

#[tokio::test]
async fn a_request_that_was_held_back_beyond_its_time_is_not_handled() {
    let (_server, cable, mut stage, kpc, mut device) = alone().await;
    cable.cut(Way::FromServer);
    device.tell("stage/device-1/hold/1", "too late").await;
    device.hears_error("stage/device-1/hold/1", 504).await;
    cable.mend();
    reaches(stage.admin().await, "kaa_ext_expired_total", 1).await;
    stage.tell("go on").await;
    let answer = device.asks("stage/device-1/hold/2", "in time").await;
    assert_eq!(answer, ("stage/device-1/hold/2/status".into(), "in time".into()));
    stage.logged("held device-1").await;
    is_served(&kpc, "stage/device-2/observe").await;
    let held = stage.log().iter().filter(|line| line.contains("held")).count();
    assert_eq!(held, 1, "{:?}", stage.log());
}

#[tokio::test]
async fn a_cut_that_is_shorter_than_the_patience_of_everybody_costs_nothing_but_time() {
    let (_server, cable, mut stage, _kpc, mut device) = alone().await;
    for way in [Way::ToServer, Way::FromServer] {
        device.tell("stage/device-1/hold/1", "kept").await;
        stage.logged("held device-1").await;
        cable.cut(way);
        stage.tell("go on").await;
        device.tell("stage/device-1/hold/2", "kept too").await;
        stage.tell("go on").await;
        cable.mend();
        for number in ["1", "2"] {
            let (topic, _) = device.hears().await;
            assert_eq!(topic, format!("stage/device-1/hold/{number}/status"));
        }
    }
}

#[tokio::test]
async fn a_session_that_is_pinned_to_a_replica_that_is_cut_off_goes_to_another_one() {
    for way in [Way::ToServer, Way::FromServer] {
        let server = server().await;
        let cable = Cable::to(&server).await;
        let (_victim, kpc) = tokio::join!(
            extension("stage", "stage-0", &server, cable.url(), PING),
            communication(server.url(), PING),
        );
        let mut device = Device::connect(&kpc, "device-1").await;
        device.asks("stage/device-1/observe/0", "").await;
        let _other = extension("stage", "stage-1", &server, server.url(), PING).await;
        cable.cut(way);
        device.tell("stage/device-1/observe/1", "").await;
        device.hears_error("stage/device-1/observe/1", 504).await;
        is_there("stage-0", false, &server.url()).await;
        let answer = device.asks("stage/device-1/observe/2", "").await;
        assert_eq!(answer.0, "stage/device-1/observe/2/status");
        // The pushes are those of the replica that has the session now.
        assert_eq!(status(&kpc, "stage/teller/push/device-1").await, 200);
        assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "[{}]".into()));
    }
}
