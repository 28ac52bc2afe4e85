use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;

use super::*;
use crate::identity::clients::Client as Nobody;
use crate::mqtt::packet::{Delivery, PacketId, ProtocolVersion};
use crate::mqtt::{Capabilities, Encoder, TopicName};
use crate::relay::NotTaken;
use crate::session::link::Link;
use crate::session::protocol::Protocol;
use crate::session::registry::Place;
use crate::session::tests::world::{Client, World, connect_v5, connect_v311, peer, publish};
use crate::session::timing::Timing;

const TOPIC: &str = "kp1/v1/ext/ep-1/echo";

/// A session whose first message waits until it is known whose token it has, and how to make that known.
async fn asking(world: &World) -> (Client, oneshot::Sender<()>) {
    let (mut session, mut client) = session(world, ProtocolVersion::V311, 10).await;
    let topic = TopicName::new(format!("{TOPIC}/1")).unwrap();
    let first = Publish::new(topic, Delivery::AtMostOnce, "first");
    let wanted = Wanted::read(first, 0, &world.front).unwrap();
    let (known, answer) = oneshot::channel();
    let front = Arc::clone(&world.front);
    session.asking = Some(Box::pin(async move {
        answer.await.unwrap();
        wanted.ask(front, Nobody::default()).await
    }));
    tokio::spawn(session.serve());
    client.ping().await;
    (client, known)
}

/// An open session whose CONNACK was sent.
async fn session(
    world: &World,
    version: ProtocolVersion,
    window: u16,
) -> (Box<Session<tokio::io::DuplexStream>>, Client) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let mut client = Client { socket: near };
    let mut link = Link::new(far, Capabilities::default());
    let connect = match version {
        ProtocolVersion::V311 => connect_v311("a"),
        ProtocolVersion::V5 => connect_v5("a", b""),
    };
    client.send(&connect).await;
    std::future::poll_fn(|cx| link.poll_read(cx)).await.unwrap();
    link.next_packet().unwrap().unwrap();
    let place = Place::take(&world.front, "a".into(), &Nobody::default()).await.unwrap();
    let limits = &world.front.limits;
    let protocol = Protocol::new(version, Encoder::new(version), window, limits);
    let timing = Timing::new(limits, 60, Instant::now());
    let session = Session::new(Arc::clone(&world.front), peer(), link, protocol, timing, place);
    (Box::new(session), client)
}

#[tokio::test(start_paused = true)]
async fn what_comes_behind_a_message_that_is_asked_about_waits_in_order() {
    let world = World::new().await;
    let (mut client, known) = asking(&world).await;
    // The keep alive goes on, until there is something that has to wait.
    client.ping().await;
    client.send(&publish(0x32, &format!("{TOPIC}/2"), 7, b"second")).await;
    client.send(&publish(0x30, &format!("{TOPIC}/3"), 0, b"third")).await;
    client.expect_nothing().await;
    known.send(()).unwrap();
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(client.packet().await);
    }
    // The acknowledgement does not wait for the extension, which keeps the order of an endpoint.
    let acknowledgement = answers.iter().position(|packet| packet == b"\x40\x02\0\x07").unwrap();
    answers.remove(acknowledgement);
    let answer = |first, topic: &str, id, payload: &str| {
        publish(first, &format!("{TOPIC}/{topic}/status"), id, payload.as_bytes())
    };
    let expected =
        [answer(0x30, "1", 0, "first"), answer(0x32, "2", 1, "second"), answer(0x30, "3", 0, "third")];
    assert_eq!(answers, expected);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_to_wait_is_not_late() {
    let world = World::new().await;
    let (mut client, known) = asking(&world).await;
    client.send(&publish(0x30, &format!("{TOPIC}/2"), 0, b"second")).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    known.send(()).unwrap();
    assert_eq!(client.packet().await[0], 0x30);
    assert_eq!(client.packet().await[0], 0x30);
    client.ping().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_the_end_is_still_done() {
    let world = World::new().await;
    for bytes in [&b"\xe0\0"[..], b""] {
        let (mut client, known) = asking(&world).await;
        client.send(bytes).await;
        client.socket.shutdown().await.unwrap();
        client.expect_nothing().await;
        let before = world.front.relay.counters().requests;
        known.send(()).unwrap();
        client.expect_end(b"").await;
        assert_eq!(world.front.relay.counters().requests, before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_told_to_end_does_not_wait_for_an_answer() {
    let world = World::new().await;
    let (mut client, _known) = asking(&world).await;
    let mut other = world.v311("a").await;
    client.expect_end(b"").await;
    other.ping().await;
}

/// A session with a QoS 1 message of which the bus does not say that it has it.
async fn unconfirmed(world: &World, version: ProtocolVersion) -> Client {
    let (mut session, client) = session(world, version, 10).await;
    let delivery = Delivery::AtLeastOnce { packet_id: PacketId::MIN, duplicate: false };
    session.protocol.receipts.receive(delivery).unwrap();
    session.protocol.receipts.sent(1);
    assert!(session.protocol.receipts.cover());
    session.confirming = Some(Box::pin(async { Err(NotTaken::BusAway) }));
    tokio::spawn(session.serve());
    client
}

#[tokio::test(start_paused = true)]
async fn mqtt_311_is_closed_when_a_message_is_not_confirmed() {
    let world = World::new().await;
    unconfirmed(&world, ProtocolVersion::V311).await.expect_end(b"").await;
    assert_eq!(world.tally().unconfirmed, 1);
}

#[tokio::test(start_paused = true)]
async fn mqtt_5_is_told_that_a_message_is_not_confirmed() {
    let world = World::new().await;
    let mut client = unconfirmed(&world, ProtocolVersion::V5).await;
    let puback = client.packet().await;
    assert_eq!((puback[0], &puback[2..5]), (0x40, &b"\0\x01\x80"[..]));
    client.ping().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_window_does_not_hold_up_the_end() {
    let world = World::new().await;
    let (session, mut client) = session(&world, ProtocolVersion::V311, 1).await;
    tokio::spawn(session.serve());
    for id in 1..=3 {
        client.send(&publish(0x32, &format!("{TOPIC}/{id}"), id, b"")).await;
    }
    client.ping().await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.front.sessions.drain();
    let (stopped, ()) = tokio::join!(world.front.relay.stop(Duration::from_secs(1)), async {
        let mut firsts = Vec::new();
        for _ in 0..6 {
            firsts.push(client.packet().await[0]);
        }
        firsts.sort_unstable();
        assert_eq!(firsts, [0x30, 0x30, 0x32, 0x40, 0x40, 0x40]);
        client.expect_end(b"").await;
    });
    stopped.unwrap();
}
