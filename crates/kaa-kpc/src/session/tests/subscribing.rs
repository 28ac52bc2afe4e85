//! SUBSCRIBE and UNSUBSCRIBE.

use super::world::{Client, World, frame, text};
use crate::limits::Limits;

async fn subscribe_v311(client: &mut Client, filters: &[(&str, u8)]) -> Vec<u8> {
    let list: Vec<u8> =
        filters.iter().flat_map(|(filter, qos)| [text(filter), vec![*qos]].concat()).collect();
    client.send(&frame(0x82, &[b"\0\x0a", &list])).await;
    let suback = client.packet().await;
    assert_eq!((suback[0], &suback[2..4]), (0x90, &b"\0\x0a"[..]));
    suback[4..].to_vec()
}

async fn subscribe_v5(client: &mut Client, filters: &[(&str, u8)]) -> Vec<u8> {
    let list: Vec<u8> =
        filters.iter().flat_map(|(filter, qos)| [text(filter), vec![*qos]].concat()).collect();
    client.send(&frame(0x82, &[b"\0\x0a\0", &list])).await;
    let suback = client.packet().await;
    assert_eq!((suback[0], &suback[2..5]), (0x90, &b"\0\x0a\0"[..]));
    suback[5..].to_vec()
}

#[tokio::test(start_paused = true)]
async fn at_most_qos_1_is_granted() {
    let world = World::new().await;
    let filters = [("a/b", 0), ("a/c", 1), ("a/d", 2)];
    let mut client = world.v311("a").await;
    assert_eq!(subscribe_v311(&mut client, &filters).await, [0, 1, 1]);
    let mut client = world.v5("b").await;
    assert_eq!(subscribe_v5(&mut client, &filters).await, [0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_could_match_the_topics_of_others_is_refused() {
    let world = World::new().await;
    let filters = [("#", 0), ("kp1/v1/ext/ep-1/#", 1), ("kp1/+/ext/#", 1), ("$SYS/#", 0)];
    let mut client = world.v311("a").await;
    assert_eq!(subscribe_v311(&mut client, &filters).await, [0x80, 1, 0x80, 0x80]);
    let mut client = world.v5("b").await;
    assert_eq!(subscribe_v5(&mut client, &filters).await, [0x87, 1, 0x87, 0x87]);
    assert_eq!(subscribe_v311(&mut world.v311("c").await, &[("$share/g/a/b", 0)]).await, [0x80]);
}

#[tokio::test(start_paused = true)]
async fn what_was_announced_not_to_be_there_is_not() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    client.send(&frame(0x82, &[b"\0\x0a\0", &text("$share/g/a/b"), b"\0"])).await;
    client.expect_disconnect(0x9e).await;
    let mut client = world.v5("a").await;
    client.send(&frame(0x82, &[b"\0\x0a\x02\x0b\x01", &text("a/b"), b"\0"])).await;
    client.expect_disconnect(0xa1).await;
    let mut client = world.v5("a").await;
    client.send(&super::world::publish_v5(0x31, "kp1/v1/ext/ep-1/echo", 0, b"")).await;
    client.expect_disconnect(0x9a).await;
}

#[tokio::test(start_paused = true)]
async fn unsubscribing_is_answered() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    assert_eq!(subscribe_v5(&mut client, &[("a/b", 0), ("a/+", 0)]).await, [0, 0]);
    client.send(&frame(0xa2, &[b"\0\x0b\0", &text("a/b"), &text("a/c"), &text("a/+"), &text("a/b")])).await;
    client.expect(b"\xb0\x07\0\x0b\0\0\x11\0\x11").await;
    let mut client = world.v311("b").await;
    client.send(&frame(0xa2, &[b"\0\x0b", &text("a/b"), &text("a/c")])).await;
    client.expect(b"\xb0\x02\0\x0b").await;
}

#[tokio::test(start_paused = true)]
async fn as_many_filters_are_taken_as_the_limits_allow() {
    let limits = Limits { filters_per_subscribe: 3, subscriptions: 5, topic: 8, ..Limits::default() };
    let world = World::with(limits).await;
    let mut client = world.v5("a").await;
    assert_eq!(subscribe_v5(&mut client, &[("a", 0), ("b", 0)]).await, [0, 0]);
    assert_eq!(subscribe_v5(&mut client, &[("a", 0), ("b", 0), ("c", 0)]).await, [0, 0, 0]);
    assert_eq!(subscribe_v5(&mut client, &[("a", 1), ("b", 0), ("d", 0), ("a", 0)]).await, [1, 0, 0, 0x97]);
    assert_eq!(subscribe_v5(&mut client, &[("e", 0), ("f", 0)]).await, [0, 0x97]);
    // One that is there already is replaced.
    assert_eq!(subscribe_v5(&mut client, &[("e", 2)]).await, [1]);
    client.send(&frame(0xa2, &[b"\0\x0b\0", &text("a")])).await;
    client.expect(b"\xb0\x04\0\x0b\0\0").await;
    assert_eq!(subscribe_v5(&mut client, &[("f/345678", 0)]).await, [0]);
    let mut client = world.v311("b").await;
    for (filter, granted) in [("a/34567", 0), ("a/345678", 0), ("a/3456789", 0x80)] {
        assert_eq!(subscribe_v311(&mut client, &[(filter, 0)]).await, [granted]);
    }
}
