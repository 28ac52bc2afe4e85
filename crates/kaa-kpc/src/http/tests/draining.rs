//! The end of the service.

use std::time::Duration;

use super::world::{World, post};

#[tokio::test(start_paused = true)]
async fn idle_connections_end_at_once() {
    let world = World::new().await;
    let (mut fresh, mut used) = (world.client(), world.client());
    assert_eq!(used.ask(post("/echo", "")).await.status, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.front.sessions.drain();
    assert_eq!((fresh.end().await, used.end().await), (0.0, 0.0));
    let mut late = world.client();
    assert_eq!(late.end().await, 0.0, "the service stays drained");
}

#[tokio::test(start_paused = true)]
async fn a_running_request_is_answered_and_is_the_last() {
    let world = World::new().await;
    let mut client = world.client();
    client.send([post("/slow/5", ""), post("/echo", "")].concat()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.front.sessions.drain();
    let got = client.get().await.unwrap();
    assert_eq!((got.status, &got.body[..], got.closes()), (200, &b"done"[..], true));
    assert_eq!(client.end().await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_has_begun_may_end_but_not_at_leisure() {
    let world = World::new().await;
    let (mut quick, mut slow) = (world.client(), world.client());
    let request = post("/echo", "x");
    let (begin, rest) = request.split_at(10);
    quick.send(begin).await;
    slow.send(begin).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.front.sessions.drain();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let got = quick.ask(rest).await;
    assert_eq!((got.status, got.closes()), (200, true));
    assert_eq!(slow.end().await, 8.0);
}
