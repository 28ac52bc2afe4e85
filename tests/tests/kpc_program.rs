//! `kaa-kpc` as an operator meets it: what it refuses and what it says, its admin port, its passwords.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use kaa_tests::clients;
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::program::program;
use serde_json::Value;

/// Runs it to its end, which has to come by itself.
async fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(program("kaa-kpc"));
    command.args(arguments).env_remove("KAA_CONFIG").stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let ended = tokio::task::spawn_blocking(move || process.wait_with_output());
    soon("kaa-kpc to end", ended).await.unwrap().unwrap()
}

async fn refused(arguments: &[&str]) -> String {
    let output = run(arguments, "").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn what_nobody_said_is_not_guessed() {
    let error = refused(&[]).await;
    assert!(error.contains("`tokens` is not set") && error.contains("--trustful"), "{error}");
}

#[tokio::test]
async fn it_does_not_serve_the_world_by_mistake() {
    let server = NatsServer::start().await;
    let url = server.url();
    let error = refused(&["--nats", &url, "--mqtt", "0.0.0.0:0", "--trustful"]).await;
    for part in ["listen.mqtt (0.0.0.0:0)", "nobody would be asked", "--insecure-listen"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let told = Kpc::start_with(&server, |kpc| {
        kpc.args(["--ws", "0.0.0.0:0", "--insecure-listen"]);
    });
    assert_eq!(told.await.address("ws").ip().to_string(), "0.0.0.0");
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_entry() {
    let server = NatsServer::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refused(&["--nats", &server.url(), "--http", &address, "--trustful"]).await;
    assert!(error.contains("listen.http") && error.contains(&address), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let error = refused(&["--nats", "nats://127.0.0.1:1", "--trustful"]).await;
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_hash_is_made_of_a_password_and_of_nothing_else() {
    let output = run(&["hash-password"], "open sesame\n").await;
    let hash = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && hash.starts_with("$argon2id$v=19$"), "{hash}");
    assert_eq!(hash.lines().count(), 1);
    let output = run(&["hash-password"], "").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no password"));
}

#[tokio::test]
async fn the_admin_port_tells_whether_it_is_ready_and_what_happened() {
    let mut server = NatsServer::start().await;
    let kpc = Kpc::start_with(&server, |kpc| {
        kpc.args(["--admin", "127.0.0.1:0"]);
    })
    .await;
    let admin = kpc.address("admin");
    let get = async |path: &str| {
        let url = format!("http://{admin}{path}");
        String::from_utf8(clients::run("curl", &["-s", "-w", "\n%{http_code}", &url]).await.stdout.into())
            .unwrap()
    };
    assert!(get("/health/live").await.ends_with("\n200"));
    assert!(get("/health/ready").await.ends_with("\n200"));

    let request = format!("http://{}/kp1/v1/nobody/device-1/json", kpc.address("http"));
    clients::run("curl", &["-s", "-d", "{}", &request]).await;
    let metrics = get("/metrics").await;
    for line in
        ["kaa_kpc_relay_requests_total 1\n", "kaa_kpc_relay_refused_total 1\n", "kaa_kpc_bus_connected 1\n"]
    {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }

    server.kill();
    let unready = async {
        loop {
            let answer = get("/health/ready").await;
            if answer.ends_with("\n503") {
                break answer;
            }
        }
    };
    let answer = soon("a service without a bus not to be ready", unready).await;
    let (body, _) = answer.rsplit_once('\n').unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["ready"], &body["checks"][0]["name"]), (&false.into(), &"bus".into()));
}
