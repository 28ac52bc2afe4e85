//! The REST port, from the other end of the socket.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use utoipa_axum::routes;

use super::desk::BODY_SIZE;
use super::{Api, Problem, RestConfig, RestError, RestServer};
use crate::config::{Layers, Program, Secret, Settings};
use crate::logs::tests::logged;

/// How long a body is.
#[utoipa::path(post, path = "/length", responses((status = 200)))]
async fn length(body: String) -> String {
    body.len().to_string()
}

/// Never answers.
#[utoipa::path(get, path = "/hang", responses((status = 200)))]
async fn hang() {
    ENTERED.add_permits(1);
    pending::<()>().await;
}

static ENTERED: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(0)));

/// Breaks.
#[utoipa::path(get, path = "/panic", responses((status = 200)))]
async fn breaks() -> Problem {
    panic!("on purpose")
}

async fn bind(config: &RestConfig) -> Result<RestServer, RestError> {
    let api = Api::new().routes(routes!(length)).routes(routes!(hang)).routes(routes!(breaks));
    Ok(RestServer::bind(config, api).await?.expect("it is not off"))
}

async fn open() -> RestServer {
    bind(&RestConfig::on_port(0)).await.unwrap()
}

/// Sends this and reads until the server closes the connection.
async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is cut has no more to say.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn get(server: &RestServer, path: &str, headers: &str) -> String {
    send(server.local_addr(), format!("GET {path} HTTP/1.1\r\n{headers}\r\n")).await
}

fn assert_problem(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains("content-type: application/problem+json"), "{answer}");
    assert!(answer.contains(&format!("\"status\":{status},")), "{answer}");
}

#[tokio::test]
async fn the_routes_are_described_and_everything_else_is_a_problem() {
    let server = open().await;
    let described = get(&server, "/openapi.json", "host: localhost\r\n").await;
    assert!(described.starts_with("HTTP/1.1 200 ") && described.contains("\"/length\""), "{described}");
    assert_problem(&get(&server, "/nothing", "host: localhost\r\n").await, 404);
    let other = get(&server, "/length", "host: localhost\r\n").await;
    assert_problem(&other, 405);
    assert!(other.contains("allow: POST"), "{other}");
    assert_problem(&get(&server, "/panic", "host: localhost\r\n").await, 500);
}

#[tokio::test]
async fn without_a_token_only_this_machine_is_answered_by_its_name() {
    let server = open().await;
    for name in ["localhost", "LOCALHOST:8101", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8101"] {
        let answer = get(&server, "/openapi.json", &format!("host: {name}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
    }
    for headers in [
        "",
        "host: evil.example\r\n",
        "host: localhost.evil.example\r\n",
        "host: localhost@evil.example\r\n",
        "host: 192.0.2.1\r\n",
        "host: localhost\r\nhost: evil.example\r\n",
        "host: localhost\r\norigin: http://evil.example\r\n",
        "host: localhost\r\norigin: null\r\n",
    ] {
        assert_problem(&get(&server, "/openapi.json", headers).await, 421);
    }
    let page = get(&server, "/openapi.json", "host: localhost\r\norigin: http://localhost:3000\r\n").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert_problem(&get(&server, "http://evil.example/openapi.json", "host: localhost\r\n").await, 421);
}

#[tokio::test]
async fn with_a_token_whoever_shows_it_is_answered() {
    let config = RestConfig { token: Some("hunter2".into()), ..RestConfig::on_port(0) };
    let server = bind(&config).await.unwrap();
    for shown in ["Bearer hunter2", "bearer  hunter2"] {
        let headers = format!("host: kaa.example\r\nauthorization: {shown}\r\n");
        let answer = get(&server, "/openapi.json", &headers).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    for shown in
        ["Bearer hunter", "Bearer hunter22", "Bearer hunter3", "Bearer", "Bearer ", "Basic hunter2", ""]
    {
        let headers = format!("host: localhost\r\nauthorization: {shown}\r\n");
        let answer = get(&server, "/openapi.json", &headers).await;
        assert_problem(&answer, 401);
        assert!(answer.contains("www-authenticate: Bearer") && !answer.contains("hunter"), "{answer}");
    }
    assert_problem(&get(&server, "/openapi.json", "host: localhost\r\n").await, 401);
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let server = open().await;
    let post = |length: usize, chunked: bool| {
        let body = "x".repeat(length);
        let request = if chunked {
            format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n")
        } else {
            format!("content-length: {length}\r\n\r\n{body}")
        };
        send(server.local_addr(), format!("POST /length HTTP/1.1\r\nhost: localhost\r\n{request}"))
    };
    for chunked in [false, true] {
        for length in [BODY_SIZE - 1, BODY_SIZE] {
            let answer = post(length, chunked).await;
            assert!(answer.ends_with(&format!("\r\n\r\n{length}")), "{answer}");
        }
    }
    // The rest of the body is not sent, so that the answer is not lost with the connection.
    let head =
        format!("POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", BODY_SIZE + 1);
    assert_problem(&send(server.local_addr(), head).await, 413);
    let chunks = format!("{:x}\r\n{}", BODY_SIZE + 1, "x".repeat(BODY_SIZE + 1));
    let head = "POST /length HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_problem(&send(server.local_addr(), format!("{head}{chunks}")).await, 413);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_told_who_was_late() {
    let server = open().await;
    let begin = Instant::now();
    let late = "POST /length HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nx";
    assert_problem(&send(server.local_addr(), late).await, 408);
    assert_eq!(begin.elapsed().as_secs(), 10);
    assert_problem(&get(&server, "/hang", "host: localhost\r\n").await, 504);
    assert_eq!(begin.elapsed().as_secs(), 40);
    let silent = send(server.local_addr(), "GET / HTTP/1.1\r\n").await;
    assert!(silent.is_empty() || silent.starts_with("HTTP/1.1 408"), "{silent}");
    assert_eq!(begin.elapsed().as_secs(), 45);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_with_its_grace_and_a_drop_at_once() {
    for stops in [true, false] {
        let server = open().await;
        let address = server.local_addr();
        let asked = tokio::spawn(send(address, "GET /hang HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        ENTERED.acquire().await.unwrap().forget();
        let begin = Instant::now();
        if stops {
            server.stop(Duration::from_secs(1)).await;
        } else {
            drop(server);
        }
        assert_eq!(asked.await.unwrap(), "", "the connection is cut");
        assert_eq!(begin.elapsed().as_secs(), u64::from(stops));
        assert!(TcpStream::connect(address).await.is_err());
    }
}

#[tokio::test]
async fn what_keeps_it_from_opening_is_named_with_what_to_do() {
    let beyond = |token: Option<Secret>, insecure_listen| RestConfig {
        listen: "0.0.0.0:0".parse().ok(),
        token,
        insecure_listen,
        ..RestConfig::on_port(0)
    };
    let error = bind(&beyond(None, false)).await.unwrap_err();
    assert!(
        matches!(error, RestError::Exposed { .. }) && error.to_string().contains("rest.token-file"),
        "{error}"
    );
    let error = bind(&beyond(Some("".into()), false)).await.unwrap_err();
    assert!(matches!(error, RestError::EmptyToken), "{error}");
    assert!(bind(&beyond(Some("hunter2".into()), false)).await.is_ok());
    let open = bind(&beyond(None, true)).await.unwrap();
    let error =
        bind(&RestConfig { listen: Some(open.local_addr()), ..beyond(None, true) }).await.unwrap_err();
    assert!(matches!(error, RestError::Taken { .. }), "{error}");
    let config = RestConfig { token_file: Some("/nowhere/token".into()), ..RestConfig::on_port(0) };
    let error = bind(&config).await.unwrap_err().to_string();
    assert_eq!(error, "rest.token-file: \"/nowhere/token\" cannot be read");
}

#[tokio::test]
async fn it_can_be_off_and_what_is_not_set_stays_as_the_service_has_it() {
    #[derive(Serialize, Deserialize, Settings)]
    #[serde(default)]
    struct Config {
        rest: RestConfig,
    }

    impl Default for Config {
        fn default() -> Self {
            Self { rest: RestConfig::on_port(8101) }
        }
    }

    let with = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let layers = Layers::<Config>::new(Program::default(), variables.collect(), []).unwrap();
        layers.load().unwrap().config.rest
    };
    let config = with(&[("REST_LISTEN", "off"), ("REST_TOKEN", "t"), ("REST_INSECURE_LISTEN", "true")]);
    assert_eq!((config.listen, &config.token), (None, &Some("t".into())));
    assert!(config.insecure_listen && RestServer::bind(&config, Api::new()).await.unwrap().is_none());
    assert_eq!(with(&[("REST_TOKEN", "t")]).listen, RestConfig::on_port(8101).listen);
}

#[test]
fn what_the_service_could_not_do_is_logged_with_its_causes_and_told_without_them() {
    #[derive(Debug, thiserror::Error)]
    #[error("the store is away")]
    struct Away(#[source] std::io::Error);

    for (status, is_logged) in [(StatusCode::CONFLICT, false), (StatusCode::SERVICE_UNAVAILABLE, true)] {
        let error = Away(std::io::Error::other("no route to 192.0.2.7"));
        let mut problem = None;
        let logged = logged(false, || problem = Some(Problem::of(status, &error)));
        let told = serde_json::to_string(&problem).unwrap();
        assert!(told.contains("the store is away") && !told.contains("192.0.2.7"), "{told}");
        assert_eq!(logged.contains("the store is away: no route to 192.0.2.7"), is_logged, "{logged}");
    }
}
