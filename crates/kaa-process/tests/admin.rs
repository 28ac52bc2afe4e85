//! The admin port, from the other end of the socket.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use kaa_process::admin::annex::{Annex, Body, Bound, Lasting};
use kaa_process::admin::{Admin, AdminError, AdminServer};
use kaa_process::metrics;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::{Instant, timeout};

async fn bind(admin: Admin) -> AdminServer {
    admin.bind("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// Sends this and reads until the server closes the connection.
async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The head, in lower case, and the body.
async fn ask(server: &AdminServer, method: &str, path: &str) -> (String, String) {
    let answer = send(server.local_addr(), format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head has an end");
    (head.to_ascii_lowercase(), body.to_owned())
}

#[tokio::test]
async fn every_page_is_there() {
    let mut registry = Registry::default();
    registry.register_collector(metrics::gauge("kaa_answer", "The answer.", || 42_u64));
    let ready = Admin::new().registry(registry).ready("bus", async || Ok::<_, io::Error>(()));
    let own = ready.page("/own", "text/html; charset=utf-8", "a page of its own", || "<p>".to_owned());
    let server = bind(own).await;
    for (path, content_type, body) in [
        ("/", "text/plain; charset=utf-8", "/health/live   whether the process runs\n"),
        ("/own", "text/html; charset=utf-8", "<p>"),
        ("/health/live", "application/json", "{\"live\":true}"),
        (
            "/health/ready?verbose",
            "application/json",
            "{\"ready\":true,\"checks\":[{\"name\":\"bus\",\"ready\":true}]}",
        ),
        (
            "/metrics",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "# HELP kaa_answer The answer.\n# TYPE kaa_answer gauge\nkaa_answer 42\n# EOF\n",
        ),
    ] {
        let (head, found) = ask(&server, "GET", path).await;
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{path}: {head}");
        assert!(head.contains(&format!("\r\ncontent-type: {content_type}\r\n")), "{path}: {head}");
        assert!(found.starts_with(body), "{path}: {found}");
        assert!(head.contains("\r\ncontent-security-policy: default-src 'none';"), "{path}: {head}");

        let (head_alone, nothing) = ask(&server, "HEAD", path).await;
        let without_date = |head: &str| head.lines().filter(|line| !line.starts_with("date:")).count();
        assert_eq!(without_date(&head_alone), without_date(&head), "{path}");
        assert!(head_alone.contains(&format!("content-length: {}", found.len())), "{path}: {head_alone}");
        assert_eq!(nothing, "", "{path}");
    }
}

#[tokio::test]
async fn anything_else_is_refused() {
    let server = bind(Admin::new().page("/own", "text/plain", "a page of its own", String::new)).await;
    let (head, body) = ask(&server, "GET", "/health/live/").await;
    assert!(head.starts_with("http/1.1 404 ") && body.contains("/metrics"), "{head}\n{body}");
    assert!(body.contains("\n/own           a page of its own\n"), "{body}");
    for method in ["POST", "DELETE", "OPTIONS", "PURGE"] {
        let (head, _) = ask(&server, method, "/metrics").await;
        assert!(head.starts_with("http/1.1 405 ") && head.contains("\r\nallow: get, head\r\n"), "{head}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(16 * 1024));
    for (request, status) in [("hello\r\n\r\n", "400"), ("GET /a b HTTP/1.1\r\n\r\n", "400"), (&long, "4")] {
        let answer = send(server.local_addr(), request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_ready_says_why() {
    let server = bind(Admin::new().ready("bus", async || Err(io::Error::other("away")))).await;
    let (head, body) = ask(&server, "GET", "/health/ready").await;
    assert!(head.starts_with("http/1.1 503 service unavailable\r\n"), "{head}");
    assert_eq!(body, "{\"ready\":false,\"checks\":[{\"name\":\"bus\",\"ready\":false,\"error\":\"away\"}]}");

    server.not_ready("stopping");
    let (head, body) = ask(&server, "GET", "/health/ready").await;
    assert!(head.starts_with("http/1.1 503 "), "{head}");
    assert_eq!(body, "{\"ready\":false,\"reason\":\"stopping\",\"checks\":[]}");
    let (head, _) = ask(&server, "GET", "/health/live").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");

    server.ready();
    assert!(ask(&server, "GET", "/health/ready").await.1.contains("away"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_its_time_is_cut_off() {
    let server = bind(Admin::new()).await;
    for start in ["", "GET /metrics HTTP/1.1\r\nhost: "] {
        let begin = Instant::now();
        let answer = send(server.local_addr(), start).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert_eq!(begin.elapsed().as_secs(), 5, "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    const CONNECTIONS: usize = 64;
    for (silent, waits) in [(CONNECTIONS - 1, false), (CONNECTIONS, true), (CONNECTIONS + 1, true)] {
        let server = bind(Admin::new()).await;
        let mut others = Vec::new();
        for _ in 0..silent {
            others.push(TcpStream::connect(server.local_addr()).await.unwrap());
        }
        let begin = Instant::now();
        let (head, _) = ask(&server, "GET", "/health/live").await;
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        assert_eq!(begin.elapsed() >= Duration::from_secs(5), waits, "{silent}: {:?}", begin.elapsed());
    }
}

#[tokio::test]
async fn a_stop_lets_a_request_finish_and_closes_the_port() {
    let gate = Arc::new(Semaphore::new(0));
    let entered = Arc::new(Semaphore::new(0));
    let server = bind(Admin::new().ready("gate", {
        let (gate, entered) = (Arc::clone(&gate), Arc::clone(&entered));
        move || {
            entered.add_permits(1);
            let gate = Arc::clone(&gate);
            async move { gate.acquire().await.map(SemaphorePermit::forget) }
        }
    }))
    .await;
    let address = server.local_addr();
    let asked = tokio::spawn(send(address, "GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n"));
    entered.acquire().await.unwrap().forget();

    let stopped = tokio::spawn(server.stop(Duration::from_secs(60)));
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!stopped.is_finished());
    gate.add_permits(1);
    assert!(asked.await.unwrap().starts_with("HTTP/1.1 200 "));
    stopped.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_with_its_grace() {
    let entered = Arc::new(Semaphore::new(0));
    let check = {
        let entered = Arc::clone(&entered);
        move || {
            entered.add_permits(1);
            pending::<Result<(), io::Error>>()
        }
    };
    let server = bind(Admin::new().ready("gate", check).check_deadline(Duration::from_secs(20))).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    entered.acquire().await.unwrap().forget();
    let begin = Instant::now();
    server.stop(Duration::from_secs(1)).await;
    assert_eq!(begin.elapsed().as_secs(), 1);
    assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0, "the connection is cut");
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it_and_what_to_do() {
    let server = bind(Admin::new()).await;
    let error = Admin::new().bind(server.local_addr()).await.unwrap_err();
    assert!(
        matches!(error, AdminError::Taken { address, .. } if address == server.local_addr()),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains(&server.local_addr().to_string()) && text.contains("admin.listen"), "{text}");
}

#[tokio::test]
async fn it_stays_on_the_loopback_interface_unless_told_otherwise() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9464", "[::ffff:192.0.2.1]:9464"] {
        let error = Admin::new().bind(address.parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, AdminError::Exposed { .. }), "{error:?}");
        assert!(error.to_string().contains("admin.insecure-listen"), "{error}");
    }
    let open = Admin::new().insecure_listen(true).bind("0.0.0.0:0".parse().unwrap()).await.unwrap();
    assert_ne!(open.local_addr().port(), 0);
    assert!(Admin::new().bind("127.0.0.2:0".parse().unwrap()).await.is_ok());
}

/// Says what it was sent, and goes on to say it every minute where its path ends with `ever`.
#[derive(Debug)]
struct Echo;

impl Annex for Echo {
    fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        let is_bound = request.extensions().get::<Bound>().is_some();
        let lasts = request.uri().path().ends_with("/ever");
        Box::pin(async move {
            let said = request.into_body().collect().await.unwrap().to_bytes();
            assert!(is_bound, "it is not told where the port is");
            if !lasts {
                return Response::new(Full::new(said).map_err(|never| match never {}).boxed_unsync());
            }
            let minutes = stream::unfold(said, |said| async {
                tokio::time::sleep(Duration::from_secs(60)).await;
                Some((Ok(Frame::data(said.clone())), said))
            });
            let mut response = Response::new(StreamBody::new(minutes).boxed_unsync());
            response.extensions_mut().insert(Lasting);
            response
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_annex_answers_below_its_path_and_is_on_the_first_page() {
    let server = bind(Admin::new().annex("/echo", "says what it was sent", Echo)).await;
    for path in ["/echo", "/echo/a"] {
        let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc");
        let answer = send(server.local_addr(), request).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("abc"), "{path}: {answer}");
    }
    assert!(ask(&server, "GET", "/echoes").await.0.starts_with("http/1.1 404 "));
    assert!(ask(&server, "GET", "/").await.1.contains("\n/echo          says what it was sent\n"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_lasts_ends_with_the_port_and_not_before() {
    let server = bind(Admin::new().annex("/echo", "says what it was sent", Echo)).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let request = "POST /echo/ever HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\ntick";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    while read.matches("tick").count() < 3 {
        let mut part = [0; 1024];
        let length = stream.read(&mut part).await.unwrap();
        assert_ne!(length, 0, "the connection was cut after {read}");
        read.push_str(std::str::from_utf8(&part[..length]).unwrap());
    }
    let begin = Instant::now();
    server.stop(Duration::from_secs(20)).await;
    assert!(begin.elapsed() < Duration::from_secs(20), "an answer that lasts holds up the end");
}

/// Answers once, and never comes to an end. What it holds is dropped with the answer.
#[derive(Debug)]
struct Endless(Mutex<Option<oneshot::Sender<()>>>);

impl Annex for Endless {
    fn answer(&self, _: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        let held = self.0.lock().unwrap().take();
        Box::pin(async move {
            let frames = stream::repeat_with(move || {
                assert!(held.is_some(), "it is asked once");
                Ok(Frame::data(Bytes::from_static(&[b'x'; 64 * 1024])))
            });
            let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
            response.extensions_mut().insert(Lasting);
            response
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_lasts_is_dropped_when_nobody_reads_it_any_more() {
    let (held, dropped) = oneshot::channel();
    let endless = Endless(Mutex::new(Some(held)));
    let server = bind(Admin::new().annex("/endless", "never ends", endless)).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_ne!(stream.read(&mut [0; 1024]).await.unwrap(), 0);
    // The connection stays open.
    let is_dropped = timeout(Duration::from_secs(60), dropped).await;
    assert!(is_dropped.expect("the answer waits for ever").is_err());
}
