//! Sizes and rates: one less, as much, and one more.

use std::time::Duration;

use tokio::time::Instant;

use super::world::{World, post};
use crate::limits::{HttpLimits, Limits};

#[tokio::test(start_paused = true)]
async fn a_body_has_a_largest_size() {
    let http = HttpLimits { body: 1000, ..HttpLimits::default() };
    let world = World::with_http(http).await;
    for (size, status) in [(999, 200), (1000, 200), (1001, 413)] {
        let mut client = world.client();
        let got = client.ask(post("/echo", &"x".repeat(size))).await;
        assert_eq!((got.status, got.closes()), (status, status == 413), "{size}");
        // In chunks, nobody says before how much it will be.
        let mut client = world.client();
        let head = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.send(head).await;
        for _ in 0..10 {
            client.send(format!("{:x}\r\n{}\r\n", 90, "x".repeat(90))).await;
        }
        let rest = size - 900;
        client.push(format!("{rest:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(rest))).await;
        let got = client.get().await.unwrap();
        assert_eq!((got.status, got.closes()), (status, status == 413), "{size} in chunks");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_of_a_body_that_says_it_is_too_large() {
    let world = World::new().await;
    for len in [262_145, i64::MAX] {
        let mut client = world.client();
        let head = format!("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n");
        let got = client.ask(head).await;
        assert_eq!((got.error().0, got.closes()), (413, true));
        assert_eq!(client.end().await, 0.0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_in_the_middle_still_hears_of_it() {
    let world = World::new().await;
    let mut client = world.client();
    let len = 900_000;
    client
        .send(format!("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n"))
        .await;
    client.send(vec![b'x'; len]).await;
    assert_eq!(client.get().await.unwrap().status, 413);
    assert_eq!(client.end().await, 0.0);
    // But nobody listens forever.
    assert!(!client.served.is_finished());
    let start = Instant::now();
    client.served.await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn heads_have_a_most_of_fields() {
    for most in [10, 64, 100, 120] {
        let world = World::with_http(HttpLimits { headers: most, ..HttpLimits::default() }).await;
        for (count, status) in [(most - 1, 200), (most, 200), (most + 1, 431)] {
            let fields = "A: b\r\n".repeat(count - 1);
            let head = format!("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
            let mut client = world.client();
            client.send(head).await;
            let (got, has_ended) = client.all().await;
            assert_eq!((got[0].status, has_ended), (status, status == 431), "{count} of {most}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn heads_have_a_largest_size() {
    for largest in [1000, 8192, 16_384] {
        let world = World::with_http(HttpLimits { head: largest, ..HttpLimits::default() }).await;
        for (size, status) in [(largest - 1, 200), (largest, 200), (largest + 1, 431)] {
            let head = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nA: ";
            let head = format!("{head}{}\r\n\r\n", "b".repeat(size - head.len() - 4));
            let mut client = world.client();
            client.push(head).await;
            let (got, has_ended) = client.all().await;
            assert_eq!((got[0].status, has_ended), (status, status == 431), "{size} of {largest}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_endless_head_is_cut_short() {
    let world = World::new().await;
    for endless in ["POST /kp1/", "GET / HTTP/1.1\r\nA: ", "GET / HTTP/1.1\r\n"] {
        let mut client = world.client();
        client.send(endless).await;
        for _ in 0..100 {
            let more = if endless.ends_with('\n') { "A: b\r\n".repeat(100) } else { "a".repeat(600) };
            client.push(more).await;
        }
        let (got, has_ended) = client.all().await;
        assert_eq!((got[0].status, has_ended), (431, true), "{endless:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_too_fast_is_read_later() {
    let limits = Limits {
        messages_per_second: 10.try_into().unwrap(),
        burst: 2.try_into().unwrap(),
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let mut client = world.client();
    let start = Instant::now();
    // The burst of 20, and the one that is read before it shows.
    for _ in 0..21 {
        assert_eq!(client.ask(post("/echo", "")).await.status, 200);
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    for count in 1..=10 {
        assert_eq!(client.ask(post("/echo", "")).await.status, 200);
        assert_eq!(start.elapsed(), Duration::from_millis(100) * count);
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_too_much_is_read_later() {
    let limits = Limits {
        bytes_per_second: 10_000.try_into().unwrap(),
        burst: 1.try_into().unwrap(),
        ..Limits::default()
    };
    let world = World::with_limits(limits).await;
    let mut client = world.client();
    let start = Instant::now();
    let frame = post("/echo", "").len() + "000".len();
    let request = post("/echo", &"x".repeat(10_000 - frame));
    assert_eq!(request.len(), 10_000);
    assert_eq!(client.ask(&request).await.status, 200);
    assert_eq!(client.ask(&request).await.status, 200);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(client.ask(&request).await.status, 200);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}
