//! QoS 1 and 2 from the client.

use super::world::{World, connect_v311, error, publish, publish_v5};
use crate::limits::Limits;

const TOPIC: &str = "kp1/v1/ext/ep-1/echo";

#[tokio::test(start_paused = true)]
async fn a_qos_1_message_is_acknowledged_and_answered_with_qos_1() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(&publish(0x32, &format!("{TOPIC}/3"), 5, b"hi")).await;
    let mut packets = [client.packet().await, client.packet().await];
    packets.sort();
    assert_eq!(packets, [publish(0x32, &format!("{TOPIC}/3/status"), 1, b"hi"), b"\x40\x02\0\x05".to_vec()]);
    client.send(b"\x40\x02\0\x01").await;
    client.ping().await;
}

#[tokio::test(start_paused = true)]
async fn a_qos_2_message_is_acknowledged_twice_and_forwarded_once() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(&publish(0x34, TOPIC, 5, b"hi")).await;
    client.expect(b"\x50\x02\0\x05").await;
    // Again, as a duplicate, and not even as one.
    client.send(&publish(0x3c, TOPIC, 5, b"hi")).await;
    client.expect(b"\x50\x02\0\x05").await;
    client.send(&publish(0x34, TOPIC, 5, b"hi")).await;
    client.expect(b"\x50\x02\0\x05").await;
    assert_eq!(world.tally().messages, 1);
    client.send(b"\x62\x02\0\x05").await;
    client.expect(b"\x70\x02\0\x05").await;
    // The identifier is free: another message.
    client.send(&publish(0x34, TOPIC, 5, b"hi")).await;
    client.expect(b"\x50\x02\0\x05").await;
    assert_eq!(world.tally().messages, 2);
}

#[tokio::test(start_paused = true)]
async fn a_release_of_what_is_unknown_is_answered() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(b"\x62\x02\0\x09").await;
    client.expect(b"\x70\x02\0\x09").await;
    let mut client = world.v5("b").await;
    client.send(b"\x62\x02\0\x09").await;
    client.expect(b"\x70\x03\0\x09\x92").await;
}

#[tokio::test(start_paused = true)]
async fn acknowledgements_come_in_the_order_of_the_messages() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    let mut bytes = Vec::new();
    for id in 1..=20_u16 {
        // Some are refused at once, and have to wait for the ones before.
        let topic = if id % 3 == 0 { "kp1" } else { TOPIC };
        bytes.extend(publish(if id % 2 == 0 { 0x32 } else { 0x34 }, topic, id, b""));
    }
    client.send(&bytes).await;
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 20 {
        let packet = client.packet().await;
        if packet[0] != 0x32 {
            assert_eq!(packet[0], if packet[3] % 2 == 0 { 0x40 } else { 0x50 });
            acknowledged.push(packet[3]);
        }
    }
    assert_eq!(acknowledged, (1..=20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_refused_message_is_answered_with_an_error_and_acknowledged() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    let expected = error(400, r#"\"a/b\" is not a 1/KP request topic: expected it to start with kp1/"#);
    client.send(&publish(0x30, "a/b", 0, b"")).await;
    client.expect(&publish(0x30, "a/b/error", 0, &expected)).await;
    client.send(&publish(0x32, "a/b", 7, b"")).await;
    client.expect(&publish(0x32, "a/b/error", 1, &expected)).await;
    client.expect(b"\x40\x02\0\x07").await;
    client.send(&publish(0x34, "a/b", 8, b"")).await;
    client.expect(&publish(0x32, "a/b/error", 2, &expected)).await;
    client.expect(b"\x50\x02\0\x08").await;
    client.send(b"\x62\x02\0\x08").await;
    client.expect(b"\x70\x02\0\x08").await;
    assert_eq!(world.tally().refused, 3);
}

#[tokio::test(start_paused = true)]
async fn mqtt_5_is_told_in_the_acknowledgement_why_a_message_is_refused() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    client.send(&publish_v5(0x32, "kp1", 7, b"")).await;
    assert_eq!(client.packet().await[0], 0x32);
    let puback = client.packet().await;
    assert_eq!((puback[0], &puback[2..5]), (0x40, &b"\0\x07\x90"[..]));
    assert!(puback.ends_with(b"expected it to start with kp1/"), "{}", puback.escape_ascii());
    // The exchange of a refused QoS 2 message is over.
    client.send(&publish_v5(0x34, "kp1", 8, b"")).await;
    assert_eq!(client.packet().await[0], 0x32);
    assert_eq!(&client.packet().await[2..5], b"\0\x08\x90");
    client.send(b"\x62\x02\0\x08").await;
    client.expect(b"\x70\x03\0\x08\x92").await;
    // Without problem information there is the code alone.
    let mut client = world.v5_with("b", b"\x17\0").await;
    client.send(&publish_v5(0x32, "kp1", 7, b"")).await;
    assert_eq!(client.packet().await[0], 0x32);
    client.expect(b"\x40\x03\0\x07\x90").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_bus_does_not_take_is_answered_and_acknowledged() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    let mut modern = world.v5("b").await;
    client.ping().await;
    world.server.stop();
    let expected = error(503, "the message bus is away; try again later");
    client.send(&publish(0x32, TOPIC, 5, b"hi")).await;
    client.expect(&publish(0x32, &format!("{TOPIC}/error"), 1, &expected)).await;
    client.expect(b"\x40\x02\0\x05").await;
    modern.send(&publish_v5(0x32, TOPIC, 5, b"hi")).await;
    modern.expect(&publish_v5(0x32, &format!("{TOPIC}/error"), 1, &expected)).await;
    assert_eq!(&modern.packet().await[2..5], b"\0\x05\x83");
}

#[tokio::test(start_paused = true)]
async fn the_receive_maximum_holds() {
    let limits = Limits { in_flight: 3.try_into().unwrap(), ..Limits::default() };
    let world = World::with(limits).await;
    let mut client = world.v5("a").await;
    for id in 1..=3 {
        client.send(&publish_v5(0x34, TOPIC, id, b"")).await;
        assert_eq!(client.packet().await[..4], [0x50, 2, 0, u8::try_from(id).unwrap()]);
    }
    // A message that is released makes room for one.
    client.send(b"\x62\x02\0\x02").await;
    client.expect(b"\x70\x02\0\x02").await;
    client.send(&publish_v5(0x34, TOPIC, 2, b"")).await;
    client.expect(b"\x50\x02\0\x02").await;
    client.send(&publish_v5(0x32, TOPIC, 9, b"")).await;
    client.expect_disconnect(0x93).await;
}

#[tokio::test(start_paused = true)]
async fn mqtt_311_is_read_more_slowly_instead() {
    let limits = Limits { in_flight: 3.try_into().unwrap(), ..Limits::default() };
    let world = World::with(limits).await;
    let mut client = world.socket();
    let mut bytes = connect_v311("a");
    (1..=50).for_each(|id| bytes.extend(publish(0x32, TOPIC, id, b"")));
    client.send(&bytes).await;
    client.expect(b"\x20\x02\0\0").await;
    for id in 1..=50 {
        client.expect(&[0x40, 2, 0, id]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_answers_to_packets_that_were_never_sent() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(b"\x40\x02\0\x09\x70\x02\0\x09").await;
    client.ping().await;
    client.send(b"\x50\x02\0\x09").await;
    client.expect(b"\x62\x02\0\x09").await;
    let mut client = world.v5("b").await;
    client.send(b"\x50\x02\0\x09").await;
    client.expect(b"\x62\x03\0\x09\x92").await;
    client.send(b"\x50\x03\0\x09\x80").await;
    client.ping().await;
    // A QoS 1 message is not answered like a QoS 2 message.
    client.send(&publish_v5(0x32, "kp1", 7, b"")).await;
    assert_eq!(client.packet().await[0], 0x32);
    assert_eq!(client.packet().await[0], 0x40);
    client.send(b"\x50\x02\0\x01").await;
    client.expect_disconnect(0x82).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_for_an_extension_that_nobody_serves_has_arrived_all_the_same() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    let topic = "kp1/v1/nobody/ep-1/echo/1";
    client.send(&publish_v5(0x32, topic, 5, b"hi")).await;
    let expected = error(503, "nobody serves nobody now; try again later");
    client.expect(&publish_v5(0x32, &format!("{topic}/error"), 1, &expected)).await;
    client.expect(b"\x40\x02\0\x05").await;
}
