//! The communication service, cut off from the bus.

use kaa_bus::SubjectFilter;
use kaa_tests::cable::{Cable, Way};
use kaa_tests::device::Device;
use kaa_tests::http::call;
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};

use crate::site::{
    Ending, NEVER, PING, communication, connect, extension, figure, is_served, reaches, server, status,
};

/// Waits until it says so of itself.
async fn readiness(kpc: &Kpc, expected: u16) {
    let becomes =
        async { while call(kpc.address("admin"), "GET", "/health/ready", "").await.status != expected {} };
    soon("another readiness", becomes).await;
}

/// A device that is shown every packet.
struct Observer {
    client: AsyncClient,
    packets: EventLoop,
}

impl Observer {
    async fn connect(kpc: &Kpc) -> Self {
        let address = kpc.address("mqtt");
        let options = MqttOptions::new("observer", address.ip().to_string(), address.port());
        let (client, packets) = AsyncClient::new(options, 10);
        let mut observer = Self { client, packets };
        assert!(matches!(observer.next().await, Some(Packet::ConnAck(_))));
        observer
    }

    /// The next packet; `None` when the connection has ended.
    async fn next(&mut self) -> Option<Packet> {
        let packet = async {
            loop {
                match self.packets.poll().await {
                    Ok(Event::Incoming(packet)) => return Some(packet),
                    Ok(Event::Outgoing(_)) => {}
                    Err(_) => return None,
                }
            }
        };
        soon("a packet, or the end", packet).await
    }

    /// Sends a request with QoS 1 that cannot be passed on: it is told so before it gets a PUBACK, or it gets none and
    /// its connection ends.
    async fn is_not_deceived(&mut self) {
        let topic = "kp1/av/stage/observer/observe/7";
        self.client.publish(topic, QoS::AtLeastOnce, false, "").await.unwrap();
        match self.next().await {
            None => {}
            Some(Packet::Publish(message)) => {
                assert_eq!(message.topic, format!("{topic}/error"));
                let error = String::from_utf8(message.payload.to_vec()).unwrap();
                assert!(error.contains("503") || error.contains("504"), "{error}");
            }
            Some(packet) => panic!("{packet:?} before anything else"),
        }
    }
}

async fn is_cut_off(way: Way, ending: Ending) {
    let server = server().await;
    let cable = Cable::to(&server).await;
    let (_stage, kpc) = tokio::join!(
        extension("stage", "stage-0", &server, server.url(), PING),
        communication(cable.url(), PING),
    );
    let (mut early, mut late) = (Observer::connect(&kpc).await, Device::connect(&kpc, "device-1").await);
    late.asks("stage/device-1/observe/0", "").await;
    readiness(&kpc, 200).await;

    cable.cut(way);
    let ((), code, ()) =
        tokio::join!(early.is_not_deceived(), status(&kpc, "stage/device-2/observe"), readiness(&kpc, 503),);
    assert!(matches!(code, 503 | 504), "{code}");
    // Once it knows, it says so at once.
    reaches_503(&kpc).await;
    late.tell("stage/device-1/observe/1", "").await;
    late.hears_error("stage/device-1/observe/1", 503).await;
    assert!(figure(kpc.address("admin"), "kaa_kpc_relay_refused_total").await >= 2);

    ending.of(&cable);
    readiness(&kpc, 200).await;
    is_served(&kpc, "stage/device-2/observe").await;
    // The session of the device has outlived it, for requests and for pushes.
    assert_eq!(late.asks("stage/device-1/observe/2", "").await.0, "stage/device-1/observe/2/status");
    assert_eq!(status(&kpc, "stage/teller/push/device-1").await, 200);
    assert_eq!(late.hears().await, ("stage/device-1/observe/status".into(), "[{}]".into()));
    let said = kpc.said().await;
    assert!(!said.iter().any(|line| line.contains("ERROR")), "{said:#?}");
}

async fn reaches_503(kpc: &Kpc) {
    soon("503", async { while status(kpc, "stage/device-2/observe").await != 503 {} }).await;
}

#[tokio::test]
async fn devices_are_told_when_their_requests_cannot_leave_and_are_served_when_they_can() {
    is_cut_off(Way::ToServer, Ending::Mended).await;
}

#[tokio::test]
async fn devices_are_told_when_their_requests_cannot_leave_and_are_served_after_a_reset() {
    is_cut_off(Way::ToServer, Ending::Reset).await;
}

#[tokio::test]
async fn devices_are_told_when_no_answer_can_arrive_and_are_served_when_it_can() {
    is_cut_off(Way::FromServer, Ending::Mended).await;
}

#[tokio::test]
async fn devices_are_told_when_no_answer_can_arrive_and_are_served_after_a_reset() {
    is_cut_off(Way::FromServer, Ending::Reset).await;
}

#[tokio::test]
async fn a_push_that_was_held_back_arrives_once_it_can() {
    let server = NatsServer::start().await;
    let cable = Cable::to(&server).await;
    let (_stage, here, there) = tokio::join!(
        extension("stage", "stage-0", &server, server.url(), NEVER),
        communication(cable.url(), NEVER),
        communication(server.url(), NEVER),
    );
    let mut device = Device::connect(&here, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;
    cable.cut(Way::FromServer);
    assert_eq!(status(&there, "stage/teller/push/device-1").await, 200);
    assert_eq!(figure(here.address("admin"), "kaa_kpc_relay_pushed_total").await, 0);
    cable.mend();
    assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "[{}]".into()));
}

#[tokio::test]
async fn pushes_to_a_replica_that_is_known_to_be_cut_off_are_tried_at_the_others_and_counted() {
    let server = server().await;
    let cable = Cable::to(&server).await;
    let (mut stage, here, there) = tokio::join!(
        extension("stage", "stage-0", &server, server.url(), PING),
        communication(cable.url(), PING),
        communication(server.url(), PING),
    );
    let mut device = Device::connect(&here, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;
    cut_both(&cable);
    readiness(&here, 503).await;
    // Until the server has given it up as well, a push goes there, and into the dark.
    let redirected = async {
        while figure(stage.admin().await, "kaa_ext_redirected_total").await == 0 {
            assert_eq!(status(&there, "stage/teller/push/device-1").await, 200);
        }
    };
    soon("a push to go to all replicas", redirected).await;
    reaches(there.address("admin"), "kaa_kpc_relay_not_held_total", 1).await;

    cable.reset();
    readiness(&here, 200).await;
    assert_eq!(status(&there, "stage/teller/push/device-1").await, 200);
    assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "[{}]".into()));
}

#[tokio::test]
async fn a_device_that_moves_away_from_a_replica_that_is_cut_off_keeps_its_pushes_when_that_is_back() {
    let server = server().await;
    let cable = Cable::to(&server).await;
    let (_stage, here, there) = tokio::join!(
        extension("stage", "stage-0", &server, server.url(), PING),
        communication(cable.url(), NEVER),
        communication(server.url(), PING),
    );
    let bus = connect(&server.url()).await;
    let filter: SubjectFilter = "kaa.v1.events.kpc.endpoint.connectivity.*".parse().unwrap();
    let mut presence = bus.subscribe(filter, None).await.unwrap();
    cut_both(&cable);
    let mut device = Device::connect(&here, "device-1").await;
    device.tell("stage/device-1/observe/0", "").await;
    device.hears_error("stage/device-1/observe/0", 504).await;
    // It cannot say that the device is here, and does not hear that it is elsewhere.
    cable.reset();
    cut_both(&cable);
    reaches(here.address("admin"), "kaa_kpc_relay_untold_total", 1).await;
    device.leaves().await;
    let mut device = Device::connect(&there, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;
    soon("word of the device", presence.next()).await.unwrap();

    cable.mend();
    let last_word = async { while !presence.next().await.unwrap().subject.ends_with(b".disconnected") {} };
    soon("its last word on the device", last_word).await;
    assert_eq!(status(&there, "stage/teller/push/device-1").await, 200);
    assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "[{}]".into()));
}

fn cut_both(cable: &Cable) {
    cable.cut(Way::ToServer);
    cable.cut(Way::FromServer);
}
