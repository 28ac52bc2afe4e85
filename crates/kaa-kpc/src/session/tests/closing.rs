//! What breaks the rules, and what takes too long.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

use super::world::{Client, World, connect_v311, publish_v5};
use crate::limits::Limits;

/// How long it takes until the connection is closed.
async fn closed_after(client: &mut Client, start: Instant) -> Duration {
    use tokio::io::AsyncReadExt;
    let mut rest = Vec::new();
    client.socket.read_to_end(&mut rest).await.unwrap();
    start.elapsed()
}

fn is_about(took: Duration, expected: Duration) -> bool {
    took >= expected && took < expected + Duration::from_millis(20)
}

#[tokio::test(start_paused = true)]
async fn a_violation_closes_the_connection_and_mqtt_5_is_told_why() {
    let world = World::new().await;
    for (bytes, reason) in [
        (&b"\xc1\0"[..], 0x81),
        (b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a", 0x82),
        (b"\xd0\0", 0x82),
        (b"\x36\x04\0\x01a\0", 0x81),
        (b"\x32\x06\0\x01a\0\0\0", 0x82),
        (b"\x80\x02\0\x01", 0x81),
        (b"\x30\x04\0\x01#\0", 0x81),
        (b"\x30\xff\xff\xff\x7f", 0x95),
        (b"\xf0\0", 0x82),
        (b"\x30\x06\0\0\x03\x23\0\x01", 0x82),
        (b"\x30\x07\0\x01a\x03\x23\0\x11", 0x94),
    ] {
        let mut client = world.v5("a").await;
        client.send(bytes).await;
        client.expect_disconnect(reason).await;
        if !matches!(bytes[0], 0xf0) && bytes.len() < 6 || bytes == b"\xd0\0" {
            let mut client = world.v311("b").await;
            client.send(bytes).await;
            client.expect_end(b"").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_before_a_violation_is_answered() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(b"\xc0\0\x62\x02\0\x09\xc1\0\xc0\0").await;
    client.expect_end(b"\xd0\0\x70\x02\0\x09").await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_after_a_disconnect() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    client.send(b"\xc0\0\xe0\0\xc0\0").await;
    client.expect_end(b"\xd0\0").await;
    assert_eq!(world.tally().lost, 0);
}

#[tokio::test(start_paused = true)]
async fn a_topic_alias_stands_for_its_topic() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    let topic = super::world::text("kp1/v1/ext/ep-1/echo/1");
    client.send(&super::world::frame(0x30, &[&topic, b"\x03\x23\0\x10", b"one"])).await;
    client.expect(&publish_v5(0x30, "kp1/v1/ext/ep-1/echo/1/status", 0, b"one")).await;
    client.send(b"\x30\x09\0\0\x03\x23\0\x10two").await;
    client.expect(&publish_v5(0x30, "kp1/v1/ext/ep-1/echo/1/status", 0, b"two")).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_log_in_is_closed_in_time() {
    let world = World::new().await;
    for bytes in [&b""[..], b"\x10", b"\x10\x20\0\x04MQTT"] {
        let mut client = world.socket();
        let start = Instant::now();
        client.send(bytes).await;
        assert!(is_about(closed_after(&mut client, start).await, Duration::from_secs(10)));
    }
    assert_eq!(world.tally().slow_logins, 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_silent_is_closed_after_one_and_a_half_keep_alives() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    let start = Instant::now();
    sleep(Duration::from_secs(89)).await;
    client.ping().await;
    sleep(Duration::from_secs(89)).await;
    client.expect_disconnect(0x8d).await;
    assert!(is_about(start.elapsed(), Duration::from_secs(179)), "{:?}", start.elapsed());
    assert_eq!(world.tally().silent_clients, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_keep_alive_may_not_be_silent_for_ever() {
    let world = World::new().await;
    let mut client = world.socket();
    client.send(b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a").await;
    client.expect(b"\x20\x02\0\0").await;
    let start = Instant::now();
    assert!(is_about(closed_after(&mut client, start).await, Duration::from_secs(1200)));
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_has_begun_has_to_end() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    let start = Instant::now();
    for byte in b"\x30\x7f\0\x01a" {
        client.send(&[*byte]).await;
        sleep(Duration::from_secs(5)).await;
    }
    assert!(is_about(closed_after(&mut client, start).await, Duration::from_secs(30)));
    assert_eq!(world.tally().slow_packets, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_leaves_nothing_behind() {
    let world = World::new().await;
    let client = world.v311("a").await;
    drop(client);
    let mut client = world.v311("b").await;
    client.socket.shutdown().await.unwrap();
    client.expect_end(b"").await;
    assert_eq!((world.front.sessions.open(), world.tally().lost), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_may_go_on_talking_for_a_moment() {
    let world = World::new().await;
    let mut client = world.socket_of(1024);
    client.send(b"\x10\x0d\0\x04MQTT\x03\x02\0\x3c\0\x01a").await;
    client.expect(b"\x20\x02\0\x01").await;
    // It is read and thrown away, so that the CONNACK is not lost to a reset.
    client.send(&[0; 32 * 1024]).await;
    drop(client);
    let mut flood = world.socket_of(1024);
    flood.send(b"\x10\x0d\0\x04MQTT\x03\x02\0\x3c\0\x01a").await;
    assert!(flood.socket.write_all(&vec![0; 128 * 1024]).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_too_fast_is_read_more_slowly() {
    let limits = Limits {
        messages_per_second: 10.try_into().unwrap(),
        burst: 1.try_into().unwrap(),
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let mut client = world.socket();
    let start = Instant::now();
    let mut bytes = connect_v311("a");
    bytes.extend(b"\xc0\0".repeat(31));
    client.send(&bytes).await;
    client.expect(b"\x20\x02\0\0").await;
    for _ in 0..31 {
        client.expect(b"\xd0\0").await;
    }
    // Ten at once, one more that is the first too many, and then ten in a second.
    assert!(is_about(start.elapsed(), Duration::from_secs(2)), "{:?}", start.elapsed());
}
