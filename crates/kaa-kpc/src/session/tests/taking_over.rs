//! Sessions of the same name, revocation, draining.

use std::time::Duration;

use super::world::{World, connect_v5, connect_v311, error, publish};
use crate::identity::Revocation;

#[tokio::test(start_paused = true)]
async fn a_client_takes_its_session_over() {
    let world = World::new().await;
    let mut first = world.v5("a").await;
    let mut second = world.v311("a").await;
    let mut third = world.v5("a").await;
    first.expect_disconnect(0x8e).await;
    second.expect_end(b"").await;
    third.ping().await;
    assert_eq!((world.front.sessions.open(), world.tally().taken_over), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn the_former_session_is_over_before_the_new_one_begins() {
    let world = World::new().await;
    // It does not read, so that it cannot be told.
    let mut former = world.socket_of(64);
    former.send(&connect_v5("a", b"")).await;
    former.packet().await;
    for _ in 0..2 {
        former.send(&super::world::publish_v5(0x30, "kp1/v1/ext/ep-1/echo/1", 0, b"0123456789")).await;
    }
    let mut client = world.socket();
    client.send(&connect_v311("a")).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    client.expect_nothing().await;
    client.expect(b"\x20\x02\0\0").await;
    assert_eq!(world.front.sessions.open(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_many_that_fight_for_a_name_the_last_one_has_it() {
    let world = World::new().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = world.socket();
        client.send(&connect_v311("a")).await;
        clients.push(client);
    }
    let mut last = clients.pop().unwrap();
    for mut client in clients {
        client.expect_end(b"\x20\x02\0\0").await;
    }
    last.expect(b"\x20\x02\0\0").await;
    last.ping().await;
    assert_eq!(world.front.sessions.open(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_rests_on_something_revoked_ends_at_once() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    client.ping().await;
    world.front.sessions.revoke(&Revocation::Tokens(vec!["token".into()]));
    world.front.sessions.revoke(&Revocation::Credential("credential".into()));
    client.ping().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_drained_gets_its_answers_and_is_told() {
    let world = World::new().await;
    let mut client = world.v5("a").await;
    let mut older = world.v311("b").await;
    older.send(&publish(0x30, "kp1/v1/ext/ep-1/slow/1/7", 0, b"")).await;
    older.ping().await;
    world.front.sessions.drain();
    tokio::task::yield_now().await;
    // Nothing more is taken.
    client.send(b"\xc0\0").await;
    client.expect_nothing().await;
    let (stopped, ()) = tokio::join!(world.front.relay.stop(Duration::from_secs(5)), async {
        older.expect(&publish(0x30, "kp1/v1/ext/ep-1/slow/1/7/status", 0, b"done")).await;
        older.expect_end(b"").await;
        client.expect_disconnect(0x8b).await;
    });
    stopped.unwrap();
    assert_eq!(world.front.sessions.open(), 0);
    let mut late = world.socket();
    late.send(&connect_v311("c")).await;
    late.expect_end(b"\x20\x02\0\x03").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_begins_while_the_last_ones_end_is_told_as_well() {
    let world = World::new().await;
    let mut former = world.socket_of(128);
    former.send(&connect_v5("a", &[])).await;
    former.packet().await;
    // It takes nothing any more, so it needs a moment to leave its place.
    former.send(&b"\xc0\0".repeat(100)).await;
    let mut latter = world.socket();
    latter.send(&connect_v5("a", &[])).await;
    tokio::task::yield_now().await;
    world.front.sessions.drain();
    world.front.relay.stop(Duration::from_secs(5)).await.unwrap();
    assert_eq!(latter.packet().await[..1], [0x20]);
    latter.expect_disconnect(0x8b).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_answered_before_the_end_is_told_so() {
    let world = World::new().await;
    let mut client = world.v311("a").await;
    client.send(&publish(0x30, "kp1/v1/ext/ep-1/slow/9/7", 0, b"")).await;
    client.ping().await;
    world.front.sessions.drain();
    let (stopped, ()) = tokio::join!(world.front.relay.stop(Duration::from_secs(2)), async {
        let stopping = error(503, "the communication service is stopping; connect again");
        client.expect(&publish(0x30, "kp1/v1/ext/ep-1/slow/9/7/error", 0, &stopping)).await;
        client.expect_end(b"").await;
    });
    stopped.unwrap();
}
