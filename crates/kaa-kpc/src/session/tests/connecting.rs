//! CONNECT and what it is answered with.

use std::time::Duration;

use super::world::{World, connect_v5, connect_v311, frame, properties, publish, publish_v5, text};

#[tokio::test(start_paused = true)]
async fn a_client_of_mqtt_311_is_connected() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    assert_eq!(world.front.sessions.open(), 1);
    client.ping().await;
    client.send(b"\xe0\0").await;
    client.expect_end(b"").await;
    assert_eq!((world.front.sessions.open(), world.tally().opened), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_client_of_mqtt_5_is_told_what_there_is() {
    let world = World::new().await;
    let mut client = world.socket();
    client.send(&connect_v5("a", b"")).await;
    let announced = b"\x27\0\x04\0\0\x25\0\x22\0\x10\x29\0\x2a\0\x21\0\x64";
    client.expect(&frame(0x20, &[b"\0\0", &properties(announced)])).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_is_never_there_and_never_lasts() {
    let world = World::new().await;
    let mut client = world.socket();
    // Not clean.
    client.send(&frame(0x10, &[b"\0\x04MQTT\x04\0\0\x3c", &text("a")])).await;
    client.expect(b"\x20\x02\0\0").await;
    drop(client);
    let mut client = world.socket();
    client
        .send(&frame(0x10, &[b"\0\x04MQTT\x05\0\0\x3c", &properties(b"\x11\0\0\x0e\x10"), &text("a")]))
        .await;
    let connack = client.packet().await;
    assert!(connack.starts_with(b"\x20\x19\0\0") && connack.ends_with(b"\x11\0\0\0\0"), "{connack:x?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_name_gets_one() {
    let world = World::new().await;
    let _one = world.v311("").await;
    let _another = world.v311("").await;
    let mut client = world.socket();
    client.send(&connect_v5("", b"")).await;
    let connack = client.packet().await;
    let name = connack.windows(3).position(|bytes| bytes == b"\x12\0\x24").expect("an assigned identifier");
    assert!(connack[name + 3..].starts_with(b"kpc-"));
    assert_eq!(world.front.sessions.open(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_clean_needs_a_name_in_mqtt_311() {
    let world = World::new().await;
    let mut client = world.socket();
    client.send(&frame(0x10, &[b"\0\x04MQTT\x04\0\0\x3c", &text("")])).await;
    client.expect_end(b"\x20\x02\0\x02").await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_served_is_told_so() {
    let world = World::new().await;
    for (connect, connack) in [
        (frame(0x10, &[b"\0\x06MQIsdp\x03\x02\0\x3c", &text("a")]), &b"\x20\x02\0\x01"[..]),
        (frame(0x10, &[b"\0\x04MQTT\x03\x02\0\x3c", &text("a")]), b"\x20\x02\0\x01"),
    ] {
        let mut client = world.socket();
        client.send(&connect).await;
        client.expect_end(connack).await;
    }
    let mut client = world.socket();
    client.send(&frame(0x10, &[b"\0\x04MQTT\x06\x02\0\x3c\0", &text("a")])).await;
    let connack = client.packet().await;
    assert_eq!((connack[0], connack[2], connack[3]), (0x20, 0, 0x84));
    client.expect_end(b"").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_connect_is_closed_without_a_word() {
    let world = World::new().await;
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"\xc0\0",
        b"\xe0\0",
        b"\x30\x03\0\x01a",
        b"\x20\x02\0\0",
        // The reserved flag.
        b"\x10\x0d\0\x04MQTT\x04\x03\0\x3c\0\x01a",
        b"\x10\xff\xff\xff\x7f",
    ] {
        let mut client = world.socket();
        client.send(bytes).await;
        client.expect_end(b"").await;
    }
    assert_eq!(world.tally().violations, 7);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_connect_of_mqtt_5_is_answered_with_a_connack() {
    let world = World::new().await;
    let mut client = world.socket();
    client.send(b"\x10\x0e\0\x04MQTT\x05\x03\0\x3c\0\0\x01a").await;
    let connack = client.packet().await;
    assert_eq!((connack[0], connack[2], connack[3]), (0x20, 0, 0x81));
    client.expect_end(b"").await;
}

#[tokio::test(start_paused = true)]
async fn enhanced_authentication_is_refused() {
    let world = World::new().await;
    let mut client = world.socket();
    client.send(&connect_v5("a", &[b"\x15", &text("SCRAM-SHA-1")[..]].concat())).await;
    let connack = client.packet().await;
    assert_eq!((connack[0], connack[2], connack[3]), (0x20, 0, 0x8c));
    client.expect_end(b"").await;
    assert_eq!((world.tally().denied, world.front.sessions.open()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_will_is_accepted_and_never_published() {
    let world = World::new().await;
    let mut observer = world.v311("b").await;
    let mut client = world.socket();
    let will = [text("kp1/v1/ext/ep-1/echo/1"), text("gone")].concat();
    // A will that is retained, with QoS 2: MQTT 3.1.1 has no way to be told that it is not.
    client.send(&frame(0x10, &[b"\0\x04MQTT\x04\x36\0\x3c", &text("a"), &will])).await;
    client.expect(b"\x20\x02\0\0").await;
    drop(client);
    observer.ping().await;
    assert_eq!(world.tally().messages, 0);

    let mut client = world.socket();
    let will = [&b"\0"[..], &text("a/b"), &text("gone")].concat();
    client.send(&frame(0x10, &[b"\0\x04MQTT\x05\x06\0\x3c\0", &text("a"), &will])).await;
    assert_eq!(client.packet().await[3], 0);
    // MQTT 5 was told that nothing is retained.
    let mut client = world.socket();
    client.send(&frame(0x10, &[b"\0\x04MQTT\x05\x26\0\x3c\0", &text("a"), &will])).await;
    let connack = client.packet().await;
    assert_eq!((connack[0], connack[3]), (0x20, 0x9a));
    client.expect_end(b"").await;
}

#[tokio::test(start_paused = true)]
async fn the_keep_alive_of_the_server_is_told_when_it_is_another() {
    let world = World::new().await;
    for (keep_alive, told) in [(0_u16, true), (1, false), (800, false), (801, true), (u16::MAX, true)] {
        let mut client = world.socket();
        let connect = [b"\0\x04MQTT\x05\x02", &keep_alive.to_be_bytes()[..], b"\0", &text("a")].concat();
        client.send(&frame(0x10, &[&connect])).await;
        let connack = client.packet().await;
        // 800 s, of which one and a half are the 1200 s of silence that are allowed.
        assert_eq!(connack.ends_with(b"\x13\x03\x20"), told, "{keep_alive} {connack:x?}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_come_with_the_connect_wait_for_the_connack() {
    let world = World::new().await;
    let mut client = world.socket();
    let mut bytes = connect_v311("a");
    bytes.extend(publish(0x30, "kp1/v1/ext/ep-1/echo/1", 0, b"one"));
    bytes.extend(publish(0x32, "kp1/v1/ext/ep-1/echo/2", 7, b"two"));
    bytes.extend(b"\xc0\0");
    client.send(&bytes).await;
    client.expect(b"\x20\x02\0\0").await;
    let mut packets = Vec::new();
    for _ in 0..4 {
        packets.push(client.packet().await);
    }
    packets.sort();
    let mut expected = vec![
        b"\xd0\0".to_vec(),
        b"\x40\x02\0\x07".to_vec(),
        publish(0x30, "kp1/v1/ext/ep-1/echo/1/status", 0, b"one"),
        publish(0x32, "kp1/v1/ext/ep-1/echo/2/status", 1, b"two"),
    ];
    expected.sort();
    assert_eq!(packets, expected);
}

#[tokio::test(start_paused = true)]
async fn a_message_after_the_login_may_be_larger_than_before_it() {
    let world = World::new().await;
    let mut client = world.socket();
    let large = vec![b'x'; 200_000];
    let mut bytes = connect_v5("a", b"");
    bytes.extend(publish_v5(0x30, "kp1/v1/ext/ep-1/echo/1", 0, &large));
    client.send(&bytes).await;
    assert_eq!(client.packet().await[0], 0x20);
    client.expect(&publish_v5(0x30, "kp1/v1/ext/ep-1/echo/1/status", 0, &large)).await;
}

#[tokio::test(start_paused = true)]
async fn a_packet_may_come_byte_by_byte() {
    let world = World::new().await;
    let mut client = world.socket();
    let mut bytes = connect_v311("a");
    bytes.extend(publish(0x30, "kp1/v1/ext/ep-1/echo/1", 0, b"one"));
    for byte in bytes {
        client.send(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    client.expect(b"\x20\x02\0\0").await;
    client.expect(&publish(0x30, "kp1/v1/ext/ep-1/echo/1/status", 0, b"one")).await;
}
