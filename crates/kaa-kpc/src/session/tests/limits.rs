//! Limits: one less, exactly, one more.

use super::world::{World, connect_v5, connect_v311, frame, publish, publish_v5, text};
use crate::limits::Limits;

#[tokio::test(start_paused = true)]
async fn a_client_identifier_has_128_bytes() {
    let world = World::new().await;
    for len in [127, 128] {
        let _client = world.v311(&"x".repeat(len)).await;
        let _client = world.v5(&"x".repeat(len)).await;
    }
    let mut client = world.socket();
    client.send(&connect_v311(&"x".repeat(129))).await;
    client.expect_end(b"\x20\x02\0\x02").await;
    let mut client = world.socket();
    client.send(&connect_v5(&"x".repeat(129), b"")).await;
    let connack = client.packet().await;
    assert_eq!((connack[0], connack[3]), (0x20, 0x85));
    client.expect_end(b"").await;
}

/// A CONNECT of this size, with a will to fill it.
fn connect_of(size: usize) -> Vec<u8> {
    let will = |len| [text("w"), text(&"x".repeat(len))].concat();
    let connect = |len| frame(0x10, &[b"\0\x04MQTT\x04\x06\0\x3c", &text("a"), &will(len)]);
    let rest = connect(1000).len() - 1000;
    connect(size - rest)
}

#[tokio::test(start_paused = true)]
async fn before_the_login_a_packet_has_8_kib() {
    let world = World::new().await;
    for size in [8 * 1024 - 1, 8 * 1024] {
        let mut client = world.socket();
        client.send(&connect_of(size)).await;
        client.expect(b"\x20\x02\0\0").await;
    }
    let mut client = world.socket();
    client.send(&connect_of(8 * 1024 + 1)).await;
    client.expect_end(b"").await;
}

#[tokio::test(start_paused = true)]
async fn after_the_login_a_packet_has_256_kib() {
    let world = World::new().await;
    let empty = publish_v5(0x30, "kp1/v1/ext/ep-1/echo", 0, &[0; 100_000]).len() - 100_000;
    for size in [256 * 1024 - 1, 256 * 1024] {
        let mut client = world.v5("a").await;
        client.send(&publish_v5(0x30, "kp1/v1/ext/ep-1/echo", 0, &vec![0; size - empty])).await;
        client.ping().await;
    }
    let mut client = world.v5("a").await;
    client.send(&publish_v5(0x30, "kp1/v1/ext/ep-1/echo", 0, &vec![0; 256 * 1024 + 1 - empty])).await;
    client.expect_disconnect(0x95).await;
    assert_eq!(world.tally().messages, 2);
}

#[tokio::test(start_paused = true)]
async fn a_topic_has_512_bytes_and_12_levels() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    let long = |len: usize| format!("kp1/v1/ext/ep-1/{}", "x".repeat(len - 16));
    let deep = |levels: usize| format!("kp1/v1/ext/ep-1{}", "/x".repeat(levels - 4));
    for topic in [long(511), long(512), deep(11), deep(12)] {
        client.send(&publish(0x30, &topic, 0, b"")).await;
        let answer = client.packet().await;
        assert!(answer.windows(3).any(|text| text == b"404"), "{}", answer.escape_ascii());
    }
    for (topic, reason) in [
        (long(513), "the topic has 513 bytes; at most 512 are allowed (limits.topic)"),
        (deep(13), "the topic has 13 levels; at most 12 are allowed (limits.topic-levels)"),
        ("x".repeat(65_535), ""),
    ] {
        client.send(&publish(0x30, &topic, 0, b"")).await;
        if !reason.is_empty() {
            let error = super::world::error(400, reason);
            client.expect(&publish(0x30, &format!("{topic}/error"), 0, &error)).await;
        }
    }
    // Its error has no topic.
    client.ping().await;
    assert_eq!(world.tally().undeliverable, 1);
}

#[tokio::test(start_paused = true)]
async fn as_many_aliases_as_announced_can_be_used() {
    for maximum in [1, 2, 3_u16] {
        let world = World::with(Limits { topic_aliases: maximum, ..Limits::default() }).await;
        let mut client = world.v5("a").await;
        let topic = text("kp1/v1/ext/ep-1/echo");
        client.send(&frame(0x30, &[&topic, b"\x03\x23\0\x02"])).await;
        if maximum < 2 {
            client.expect_disconnect(0x94).await;
        } else {
            client.ping().await;
        }
    }
}
