//! A device that goes from one replica to another.

use kaa_tests::device::{Device, post};
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::service::Service;

use crate::presence::Presence;

fn pair(topic: &str, payload: &str) -> (String, String) {
    (topic.to_owned(), payload.to_owned())
}

#[tokio::test]
async fn a_device_that_roams_gets_pushes_where_it_is_and_is_never_announced_as_gone() {
    let server = NatsServer::start().await;
    let mut presence = Presence::listen(&server).await;
    let (_stage, here, there) =
        tokio::join!(Service::stage(&server, "stage-0"), Kpc::start(&server), Kpc::start(&server));

    let mut device = Device::connect(&here, "device-1").await;
    assert_eq!(
        device.asks("stage/device-1/observe/1", "").await,
        pair("stage/device-1/observe/1/status", "")
    );
    let connected = presence.next().await;
    assert_eq!((connected.what.as_str(), connected.endpoints.as_str()), ("connected", "device-1"));
    assert_eq!(post(&here, "stage/teller/push/device-1", "to here").await.0, 200);
    assert_eq!(device.hears().await, pair("stage/device-1/observe/status", "to here"));

    // It comes back elsewhere before anybody has noticed that it was away, and asks for something else. The
    // extension still knows the way over the first replica only.
    let mut roamed = Device::connect(&there, "device-1").await;
    roamed.tell("stage/device-1/push/device-2/2", "nobody is there").await;
    roamed.hears_error("stage/device-1/push/device-2/2", 404).await;
    // Until this is announced, the first replica cannot know.
    let moved = presence.next().await;
    assert_eq!((moved.what.as_str(), moved.endpoints.as_str()), ("connected", "device-1"));
    assert_ne!(moved.replica, connected.replica);
    for replica in [&here, &there] {
        assert_eq!(post(replica, "stage/teller/push/device-1", "to there").await.0, 200);
        assert_eq!(roamed.hears().await, pair("stage/device-1/observe/status", "to there"));
    }

    // What the first replica announces after the device's first connection is about another device.
    device.leaves().await;
    let mut other = Device::connect(&here, "device-2").await;
    other.asks("stage/device-2/observe/1", "").await;
    let came = presence.next().await;
    assert_eq!((came.what.as_str(), came.endpoints.as_str()), ("connected", "device-2"));
    other.leaves().await;
    let went = presence.next().await;
    assert_eq!((went.what.as_str(), went.endpoints.as_str()), ("disconnected", "device-2"));

    roamed.leaves().await;
    let went = presence.next().await;
    assert_eq!((went.what.as_str(), went.endpoints.as_str()), ("disconnected", "device-1"));
    assert_eq!(went.replica, moved.replica);
}

#[tokio::test]
async fn a_connection_for_many_endpoints_ends_in_one_event() {
    let server = NatsServer::start().await;
    let mut presence = Presence::listen(&server).await;
    let (_stage, kpc) = tokio::join!(Service::stage(&server, "stage-0"), Kpc::start(&server));
    let mut gateway = Device::connect(&kpc, "gateway").await;
    let mut came = Vec::new();
    for n in 0..20 {
        gateway.asks(&format!("stage/device-{n:02}/observe/0"), "").await;
    }
    // However they were batched on their way in.
    while came.len() < 20 {
        let event = presence.next().await;
        assert_eq!(event.what, "connected");
        came.extend(event.endpoints.split(' ').map(str::to_owned).collect::<Vec<_>>());
    }
    gateway.leaves().await;
    let went = presence.next().await;
    assert_eq!((went.what.as_str(), went.endpoints), ("disconnected", came.join(" ")));
}
