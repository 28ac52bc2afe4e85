//! Clients that take their time.

use std::time::Duration;

use super::world::{World, post};
use crate::limits::{HttpLimits, Limits};

const MILLI: Duration = Duration::from_millis(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn the_first_head_is_due_ten_seconds_after_the_connection() {
    let world = World::new().await;
    assert_eq!(world.client().end().await, 10.0);
    // One byte a second changes nothing.
    let mut client = world.client();
    for byte in post("/echo", "").bytes().take(9) {
        client.send([byte]).await;
        tokio::time::sleep(seconds(1)).await;
    }
    assert_eq!(client.end().await, 1.0);
    // Just in time.
    let mut client = world.client();
    tokio::time::sleep(seconds(10) - MILLI).await;
    assert_eq!(client.ask(post("/echo", "")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_later_head_is_due_ten_seconds_after_its_first_byte() {
    let world = World::new().await;
    let request = post("/echo", "");
    let (begin, rest) = request.split_at(5);
    for (late, status) in [(seconds(10) - MILLI, Some(200)), (seconds(10) + MILLI, None)] {
        let mut client = world.client();
        assert_eq!(client.ask(&request).await.status, 200);
        tokio::time::sleep(seconds(50)).await;
        client.send(begin).await;
        tokio::time::sleep(late).await;
        client.push(rest).await;
        assert_eq!(client.get().await.map(|got| got.status), status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_came_early_is_due_when_its_turn_has_come() {
    let world = World::new().await;
    let mut client = world.client();
    let request = post("/echo", "");
    let (begin, rest) = request.split_at(5);
    client.send([&post("/slow/20", ""), begin].concat()).await;
    assert_eq!(&client.get().await.unwrap().body[..], b"done");
    tokio::time::sleep(seconds(10) - MILLI).await;
    assert_eq!(client.ask(rest).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_after_a_minute() {
    let world = World::new().await;
    let mut client = world.client();
    for _ in 0..3 {
        assert_eq!(client.ask(post("/echo", "")).await.status, 200);
        tokio::time::sleep(seconds(60) - MILLI).await;
    }
    assert_eq!(client.ask(post("/slow/25", "")).await.status, 200);
    assert_eq!(client.end().await, 60.0);
    client.served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn empty_lines_do_not_keep_a_connection() {
    let world = World::new().await;
    let mut client = world.client();
    assert_eq!(client.ask(post("/echo", "")).await.status, 200);
    tokio::time::sleep(seconds(50)).await;
    client.send("\r\n").await;
    assert_eq!(client.end().await, 10.0);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_logged_in_has_no_time_to_be_idle() {
    let world = World::new().await;
    let mut client = world.client();
    tokio::time::sleep(seconds(4)).await;
    assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 404);
    assert_eq!(client.end().await, 6.0);
}

#[tokio::test(start_paused = true)]
async fn a_body_has_thirty_seconds() {
    let world = World::new().await;
    for (late, status) in [(seconds(1) - MILLI, 200), (seconds(1) + MILLI, 408)] {
        let mut client = world.client();
        client.send("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n").await;
        for _ in 0..29 {
            client.send([b'x'; 3448]).await;
            tokio::time::sleep(seconds(1)).await;
        }
        tokio::time::sleep(late).await;
        client.push([b'x'; 9]).await;
        let got = client.get().await.unwrap();
        assert_eq!(got.status, status);
        if status == 408 {
            assert_eq!(got.error().0, 408);
            assert!(got.closes());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_is_not_too_slow_either() {
    let http = HttpLimits { body_rate: 1000, ..HttpLimits::default() };
    let world = World::with_http(http).await;
    // A start of five seconds, and one for every thousand bytes.
    for (wait, status) in [(seconds(7) - MILLI, 200), (seconds(7) + MILLI, 408)] {
        let mut client = world.client();
        client.send("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2001\r\n\r\n").await;
        client.send([b'x'; 2000]).await;
        tokio::time::sleep(wait).await;
        client.push("x").await;
        assert_eq!(client.get().await.unwrap().status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up() {
    let world = World::new().await;
    let mut client = world.client();
    client.send("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n").await;
    let start = tokio::time::Instant::now();
    assert_eq!(client.get().await.unwrap().status, 408);
    assert_eq!(start.elapsed(), seconds(5));
    // One that is refused anyway is not waited for longer.
    let mut client = world.client();
    client.send("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n").await;
    assert_eq!(client.get().await.unwrap().status, 408);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_left() {
    let world = World::with_limits(Limits { write: seconds(30), ..Limits::default() }).await;
    let mut client = world.client();
    // More than the network takes: 16 KiB in this one.
    let body = "x".repeat(100_000);
    client.send(post("/echo", &body)).await;
    let start = tokio::time::Instant::now();
    tokio::time::timeout(seconds(60), client.served).await.expect("it ends").unwrap();
    assert_eq!(start.elapsed(), seconds(30));
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_is_not() {
    let world = World::new().await;
    let mut client = world.client();
    let body = "x".repeat(100_000);
    client.send(post("/echo", &body)).await;
    let mut received = 0;
    while received < 100_000 {
        tokio::time::sleep(seconds(30) - MILLI).await;
        let mut some = [0; 10_000];
        let read = tokio::io::AsyncReadExt::read(&mut client.io, &mut some).await.unwrap();
        assert!(read > 0, "it has ended after {received} bytes");
        received += read;
    }
    assert!(!client.served.is_finished());
}
