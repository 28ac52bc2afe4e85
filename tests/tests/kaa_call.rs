//! `kaa call` in a terminal, against the quickstart on a real nats-server.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Output;

use kaa_tests::nats_server::NatsServer;
use kaa_tests::service::{Service, kaa};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn assert_printed(output: &Output, code: i32, stdout: &str, stderr: &str) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out} {err}");
    assert_eq!(out, stdout);
    assert!(err.starts_with(stderr), "{err:?} does not start with {stderr:?}");
}

#[tokio::test]
async fn the_payload_goes_to_standard_output_and_the_exit_code_is_the_verdict() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;

    let call = ["call", "quickstart", "/json", "--data", "[{\"humidity\":88}]", "--endpoint", "e1"];
    assert_printed(&kaa(&server, &call).await, 0, "{\"accepted\":1}", "200 OK (");

    let call = ["call", "quickstart", "/nowhere"];
    let reason = "404 this extension has no resource \"/nowhere\" (";
    assert_printed(&kaa(&server, &call).await, 1, "", reason);

    let call = ["call", "quickstart", "/count"];
    let reason = "400 this resource needs an endpoint: the request has no endpointId (";
    assert_printed(&kaa(&server, &call).await, 1, "", reason);
}

#[tokio::test]
async fn a_payload_may_come_from_a_file_and_the_answer_may_be_json() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;
    let file = server.directory().join("payload.json");
    std::fs::write(&file, "[1,2,3]").unwrap();

    let call = ["call", "quickstart", "/json", "--file", file.to_str().unwrap(), "--json"];
    let output = kaa(&server, &call).await;
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["statusCode"], 200);
    assert_eq!(object["payload"], serde_json::json!({ "accepted": 3 }));
    assert!(object["latencyMs"].as_f64().unwrap() > 0.0);

    let call = ["call", "quickstart", "/config/json/network", "-e", "e1", "--config-name", "radio", "--json"];
    let output = kaa(&server, &call).await;
    assert_eq!(output.status.code(), Some(1));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["statusCode"], 400);

    let missing = kaa(&server, &["call", "quickstart", "/json", "--file", "/nowhere/x"]).await;
    assert_printed(&missing, 2, "", "kaa call: \"/nowhere/x\" cannot be read");
}

#[tokio::test]
async fn nobody_there_is_said_at_once_and_has_its_own_exit_code() {
    let server = NatsServer::start().await;
    let output = kaa(&server, &["call", "nobody", "/json", "--timeout", "60s"]).await;
    assert_printed(&output, 3, "", "kaa call: nobody serves the extension instance \"nobody\"");
}

#[tokio::test]
async fn an_answer_that_does_not_come_has_its_own_exit_code() {
    let server = NatsServer::start().await;
    let client = async_nats::connect(server.url()).await.unwrap();
    let _mute = client.subscribe("kaa.v1.service.mute.esp.ClientData").await.unwrap();
    client.flush().await.unwrap();
    // A round trip proves that the subscription is there.
    let output = kaa(&server, &["call", "mute", "/json", "--timeout", "200ms"]).await;
    assert_printed(&output, 4, "", "kaa call: no answer from \"mute\" within 200ms");
}

#[tokio::test]
async fn wrong_arguments_and_a_server_that_is_not_there_are_explained() {
    let mut server = NatsServer::start().await;
    let output = kaa(&server, &["call", "quick.start", "/json"]).await;
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains("\"quick.start\" is not a service instance name"), "{error}");

    let output = kaa(&server, &["call", "quickstart", "json"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));

    server.kill();
    let output = kaa(&server, &["call", "quickstart", "/json"]).await;
    assert_eq!(output.status.code(), Some(5));
    let error = text(&output.stderr);
    assert!(error.contains(&server.port().to_string()), "{error}");
}
