//! What a request gets.

use std::time::Duration;

use super::super::Offer;
use super::world::{World, post};

#[tokio::test(start_paused = true)]
async fn a_success_is_200_with_the_payload() {
    let world = World::new().await;
    let mut client = world.client();
    let got = client.ask(post("/echo", "hello")).await;
    assert_eq!((got.status, &got.body[..]), (200, &b"hello"[..]));
    assert_eq!(got.field("content-type"), Some("application/octet-stream"));
    let got = client.ask(post("/echo", "")).await;
    assert_eq!((got.status, &got.body[..], got.field("content-type")), (200, &b""[..], None));
    assert_eq!(got.field("content-length"), Some("0"));
}

#[tokio::test(start_paused = true)]
async fn a_request_needs_neither_a_body_nor_a_content_type() {
    let world = World::new().await;
    let mut client = world.client();
    let head = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\n";
    assert_eq!(client.ask(format!("{head}\r\n")).await.status, 200);
    for content_type in ["text/plain", "application/json", "nonsense", ""] {
        let got =
            client.ask(format!("{head}Content-Type: {content_type}\r\nContent-Length: 2\r\n\r\n[]")).await;
        assert_eq!((got.status, &got.body[..]), (200, &b"[]"[..]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_put_together() {
    let world = World::new().await;
    let mut client = world.client();
    let head = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let got = client.ask(format!("{head}3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n")).await;
    assert_eq!((got.status, &got.body[..]), (200, &b"abcd"[..]));
    client.send(head).await;
    for piece in ["2\r\nab\r", "\n", "A\r\n01234", "56789\r\n0\r\n\r", "\n"] {
        client.send(piece).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(&client.get().await.unwrap().body[..], b"ab0123456789");
    let got = client.ask(format!("{head}0\r\n\r\n")).await;
    assert_eq!((got.status, got.body.len()), (200, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_its_number_and_its_reason() {
    let world = World::new().await;
    let mut client = world.client();
    for (path, status, reason) in [
        ("/kp1/v1/ext/ep-1/fail", 404, "no such thing"),
        ("/kp1/v1/ext/ep-1/nothing", 404, "/nothing"),
        ("/kp1/v1/nobody/ep-1/echo", 503, "nobody serves nobody"),
        ("/kp1/v1/ext/ep-1/slow/31", 504, "no answer from ext within 30s"),
    ] {
        let got = client.ask(format!("POST {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        let (code, why) = got.error();
        assert_eq!((got.status, code), (status, i32::from(status)));
        assert!(why.contains(reason) && !got.closes(), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_http_cannot_carry_stays_in_the_body() {
    let world = World::new().await;
    world.odd_extension().await;
    let mut client = world.client();
    for (code, status) in [(201, 200), (204, 200), (299, 200), (404, 404), (599, 599)] {
        let got = client.ask(odd(code)).await;
        assert_eq!(got.status, status, "{code}");
        if status == 200 {
            assert_eq!(&got.body[..], b"payload");
        }
    }
    for code in [0, -1, 1, 100, 101, 199, 300, 304, 399, 600, 999, 1000, i32::MAX, i32::MIN] {
        let got = client.ask(odd(code)).await;
        assert_eq!((got.status, got.error()), (502, (code, "odd".to_owned())), "{code}");
    }
    fn odd(code: i32) -> String {
        let head = format!("POST /kp1/v1/odd/ep-1/{code} HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n");
        head + "payload"
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_here_is_said_so() {
    let world = World::new().await;
    let mut client = world.client();
    for (request, status, allow) in [
        ("GET /", 404, None),
        ("POST /", 404, None),
        ("GET /favicon.ico", 404, None),
        ("POST /kp2/v1/ext/ep-1/echo", 404, None),
        ("POST /kp12/v1", 404, None),
        ("POST /KP1/v1/ext/ep-1/echo", 404, None),
        ("POST //kp1/v1/ext/ep-1/echo", 404, None),
        ("POST /ws/", 404, None),
        ("GET /kp1/v1/ext/ep-1/echo", 405, Some("POST")),
        ("PUT /kp1/v1/ext/ep-1/echo", 405, Some("POST")),
        ("DELETE /kp1/v1/ext/ep-1/echo", 405, Some("POST")),
        ("OPTIONS /kp1/v1/ext/ep-1/echo", 405, Some("POST")),
        ("TRACE /kp1/v1/ext/ep-1/echo", 405, Some("POST")),
        ("post /kp1/v1/ext/ep-1/echo", 405, Some("POST")),
        ("OPTIONS *", 405, Some("POST")),
        ("POST /ws", 405, Some("GET")),
        ("GET /ws", 426, None),
    ] {
        let got = world.client().ask(format!("{request} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!((got.status, got.error().0), (status, i32::from(status)), "{request}");
        assert_eq!(got.field("allow"), allow, "{request}");
        let got = client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(got.status, 404, "a connection goes on after that");
    }
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    let head = client.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    assert_eq!(client.all().await, (vec![], false), "there is no body to a HEAD");
}

#[tokio::test(start_paused = true)]
async fn only_what_is_offered_is_here() {
    let world = World::new().await;
    let ask = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\n\r\n";
    let upgrade = "GET /ws HTTP/1.1\r\nHost: h\r\n\r\n";
    for (requests, websocket, statuses) in [(true, false, (200, 404)), (false, true, (404, 426))] {
        let offer = Offer { requests, websocket };
        let mut client = world.client_of(offer);
        assert_eq!((client.ask(ask).await.status, client.ask(upgrade).await.status), statuses);
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_is_read_as_it_was_sent() {
    let world = World::new().await;
    world.odd_extension().await;
    let mut client = world.client();
    for (path, status) in [
        ("/kp1/v1/ext/ep-1/%65cho", 200),
        ("/kp1/v%201/ext/ep-1/echo", 200),
        ("/kp1/v1/odd/ep-1/%32%30%30", 200),
        // A number at the end is no request ID here.
        ("/kp1/v1/odd/ep-1/404", 404),
        ("/kp1/v1/ext/ep-1/echo/", 404),
        ("/kp1/v1/ext/ep-1//echo", 404),
    ] {
        let got = client.ask(format!("POST {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(got.status, status, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_come_at_once_are_answered_in_order() {
    let world = World::new().await;
    let mut client = world.client();
    let all = [post("/slow/3", ""), post("/echo", "two"), post("/fail", ""), post("/echo", "four")];
    client.send(all.concat()).await;
    let mut got = Vec::new();
    for _ in all {
        let reply = client.get().await.unwrap();
        got.push((reply.status, reply.body));
    }
    assert_eq!(got[0], (200, "done".into()));
    assert_eq!(got[1], (200, "two".into()));
    assert_eq!(got[2].0, 404);
    assert_eq!(got[3], (200, "four".into()));
}

#[tokio::test(start_paused = true)]
async fn who_expects_it_is_told_to_continue() {
    let world = World::new().await;
    let mut client = world.client();
    let head = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    };
    client.send(head("/kp1/v1/ext/ep-1/echo")).await;
    assert_eq!(client.get().await.unwrap().status, 100);
    assert_eq!(&client.ask("ok").await.body[..], b"ok");
    // Or is told at once that there is no need.
    client.send(head("/nowhere")).await;
    let (got, has_ended) = client.all().await;
    assert_eq!((got[0].status, got.len(), has_ended), (404, 1, true));
    assert!(got[0].closes());
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_leaves_the_next_one_alone() {
    let world = World::new().await;
    let mut client = world.client();
    let body = "POST /kp1/v1/ext/ep-1/fail HTTP/1.1".repeat(3000);
    let len = body.len();
    client.send(format!("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n{body}")).await;
    client.send(post("/echo", "next")).await;
    assert_eq!(client.get().await.unwrap().status, 404);
    assert_eq!(&client.get().await.unwrap().body[..], b"next");
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http_1_0_is_served() {
    let world = World::new().await;
    let mut client = world.client();
    client.send("POST /kp1/v1/ext/ep-1/echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nok").await;
    let (got, has_ended) = client.all().await;
    assert_eq!((got[0].status, &got[0].body[..], has_ended), (200, &b"ok"[..], true));
    let mut client = world.client();
    let keep = "POST /kp1/v1/ext/ep-1/echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(client.ask(keep).await.status, 200);
    assert_eq!(client.ask(keep).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_any_more_for_a_client_that_is_gone() {
    let world = World::new().await;
    let mut client = world.client();
    client.send(post("/slow/20", "")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.front.relay.counters().in_flight(), 1);
    drop(client.io);
    client.served.await.unwrap();
    let counters = world.front.relay.counters();
    assert_eq!((counters.in_flight(), counters.abandoned), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_requests_adds_up() {
    let world = World::new().await;
    // An answer, an error of our own, and a client that goes in the middle of its body.
    assert_eq!(world.client().ask(post("/echo", "hello")).await.status, 200);
    assert_eq!(world.client().ask("POST /elsewhere HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 404);
    let mut client = world.client();
    client.send("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!world.front.http.snapshot().is_balanced(), "one is in flight");
    drop(client.io);
    client.served.await.unwrap();
    // One that goes while it waits for the answer.
    let mut client = world.client();
    client.send(post("/slow/20", "")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(client.io);
    client.served.await.unwrap();
    // What is no request, and what never becomes one.
    let mut client = world.client();
    client.send("\0\r\n\r\n").await;
    client.all().await;
    world.client().end().await;
    let http = world.front.http.snapshot();
    assert_eq!((http.requests, http.sent, http.answered), (4, 2, 1), "{http:?}");
    assert_eq!((http.refused + http.abandoned, http.upgraded), (2, 0), "{http:?}");
    assert_eq!((http.malformed, http.slow_heads), (1, 1), "{http:?}");
    assert!(http.is_balanced() && world.front.relay.counters().is_balanced());
}
