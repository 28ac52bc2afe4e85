//! One of three servers, cut off from the others.

use kaa_tests::cable::{Cable, Way};
use kaa_tests::device::Device;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::port::free_port;

use crate::site::{Ending, PING, communication, extension, is_served, is_there, status};

/// Three servers that are one, as long as the third reaches the others through its cables.
struct Split {
    servers: [NatsServer; 3],
    cables: [Cable; 2],
}

impl Split {
    async fn start() -> Self {
        let ports = [free_port(), free_port()];
        let one = server(0, Some(ports[0]), &[]).await;
        let two = server(1, Some(ports[1]), &[ports[0]]).await;
        let cables = [Cable::to_port(ports[0]).await, Cable::to_port(ports[1]).await];
        let three = server(2, None, &[cables[0].address().port(), cables[1].address().port()]).await;
        Self { servers: [one, two, three], cables }
    }

    fn url(&self, number: usize) -> String {
        self.servers[number].url()
    }
}

/// A server with routes to these ports. What servers tell each other of their addresses leads nowhere, so that there
/// are no other routes.
async fn server(number: usize, port: Option<u16>, routes: &[u16]) -> NatsServer {
    let listen = port.unwrap_or_else(free_port);
    let routes: Vec<_> = routes.iter().map(|port| format!("nats-route://127.0.0.1:{port}")).collect();
    let cluster = format!(
        "name: kaa\nlisten: 127.0.0.1:{listen}\nadvertise: 127.0.0.1:1\nno_advertise: true\nroutes: [{}]",
        routes.join(", ")
    );
    let config = format!(
        "server_name: nats-{number}\nping_interval: {PING}\nping_max: 2\ncluster {{\n{cluster}\n}}\n"
    );
    NatsServer::start_with(move |_| config).await
}

async fn is_split(ways: &[Way], ending: Ending) {
    let split = Split::start().await;
    let (_stage, kpc) = tokio::join!(
        extension("stage", "stage-0", &split.servers[2], split.url(2), PING),
        communication(split.url(0), PING),
    );
    is_there("stage-0", true, &split.url(0)).await;
    is_there("stage-0", true, &split.url(1)).await;
    let mut device = Device::connect(&kpc, "device-1").await;
    device.asks("stage/device-1/observe/0", "").await;

    for cable in &split.cables {
        ways.iter().for_each(|way| cable.cut(*way));
    }
    // Honest and in time, before the servers know of it and after.
    let known = async {
        loop {
            match status(&kpc, "stage/device-2/observe").await {
                503 => break,
                code => assert_eq!(code, 504),
            }
        }
    };
    soon("503", known).await;
    device.tell("stage/device-1/observe/1", "").await;
    device.hears_error("stage/device-1/observe/1", 503).await;

    for cable in &split.cables {
        ending.of(cable);
    }
    is_served(&kpc, "stage/device-2/observe").await;
    assert_eq!(device.asks("stage/device-1/observe/2", "").await.0, "stage/device-1/observe/2/status");
    assert_eq!(status(&kpc, "stage/teller/push/device-1").await, 200);
    assert_eq!(device.hears().await, ("stage/device-1/observe/status".into(), "[{}]".into()));
}

#[tokio::test]
async fn devices_on_the_other_side_of_a_split_are_told_and_are_served_when_it_is_over() {
    is_split(&[Way::ToServer, Way::FromServer], Ending::Mended).await;
}

#[tokio::test]
async fn devices_on_the_other_side_of_a_half_split_are_told_and_are_served_when_it_is_over() {
    is_split(&[Way::FromServer], Ending::Reset).await;
}
