//! `kaa tap`, `kaa record`, `kaa replay` and `kaa emit` in a terminal, beside the quickstart on a real nats-server.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use kaa_tests::nats_server::NatsServer;
use kaa_tests::program::program;
use kaa_tests::service::{Service, kaa};
use serde_json::{Value, json};
use tokio::process::Command;

/// A command that listens; it does when this returns.
async fn listening(server: &NatsServer, arguments: &[&str]) -> Service {
    let mut command = Command::new(program("kaa"));
    command.args(arguments).env("NATS_URLS", server.url()).current_dir(server.directory());
    let mut listening = Service::start(command);
    listening.logged("listening to").await;
    listening
}

/// The next object of `kaa tap --json`.
async fn object(tap: &mut Service) -> Value {
    serde_json::from_str(&tap.logged("{").await).unwrap()
}

async fn call(server: &NatsServer, path: &str, data: &str) -> Output {
    kaa(server, &["call", "quickstart", path, "--endpoint", "e1", "--data", data]).await
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn a_request_and_its_answer_are_decoded_and_belong_together() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;
    let mut tap = listening(&server, &["tap", "--json", "--service", "quickstart"]).await;
    call(&server, "/json", "[{\"humidity\":88}]").await;

    let request = object(&mut tap).await;
    assert_eq!((&request["record"], &request["role"]), (&json!("ClientData"), &json!("request")));
    assert_eq!((&request["service"], &request["endpointId"]), (&json!("quickstart"), &json!("e1")));
    assert_eq!(request["fields"]["payload"], json!([{ "humidity": 88 }]));
    let answer = object(&mut tap).await;
    assert_eq!((&answer["record"], &answer["status"]), (&json!("ExtensionData"), &json!(200)));
    assert_eq!(answer["fields"]["payload"], json!({ "accepted": 1 }));
    assert_eq!(
        (&answer["answers"]["n"], &answer["correlationId"]),
        (&request["n"], &request["correlationId"])
    );
    assert!(answer["answers"]["afterMs"].as_f64().unwrap() >= 0.0);

    tap.interrupt();
    tap.logged("2 of 2 messages").await;
    assert!(tap.ended().await);
}

#[tokio::test]
async fn errors_and_silence_are_all_that_is_shown_when_asked_for() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;
    let mut tap = listening(&server, &["tap", "--errors"]).await;
    call(&server, "/json", "[]").await;
    call(&server, "/nowhere", "").await;
    kaa(&server, &["call", "nobody", "/x", "--timeout", "100ms"]).await;
    let first = tap.logged(" #").await;
    assert!(first.contains("404 this extension has no resource \"/nowhere\""), "{first}");
    tap.logged("ClientData was not answered within").await;
}

#[tokio::test]
async fn what_a_stranger_sends_is_shown_and_not_obeyed() {
    let server = NatsServer::start().await;
    let mut tap = listening(&server, &["tap", "--count", "2"]).await;
    let client = async_nats::connect(server.url()).await.unwrap();
    client.publish("kaa.v1.service.dcx.esp.ClientData", "\u{1b}[2J".into()).await.unwrap();
    client.publish("kaa.v1.\u{1b}[2J", "".into()).await.unwrap();
    client.flush().await.unwrap();
    tap.logged("2 of 2 messages").await;
    let log = tap.log().join("\n");
    assert!(!log.contains('\u{1b}'), "{log:?}");
    assert!(log.contains("ClientData.correlationId at byte 0: a length of"), "{log}");
    assert!(log.contains(r"kaa.v1.\u{1b}[2J"), "{log}");
}

#[tokio::test]
async fn a_recording_is_a_regression_test() {
    let server = NatsServer::start().await;
    let service = Service::quickstart(&server, "quickstart-0").await;
    let recording = listening(&server, &["record", "one.ndjson", "--service", "quickstart", "--count", "4"]);
    let mut recording = recording.await;
    call(&server, "/json", "[1,2]").await;
    call(&server, "/nowhere", "").await;
    recording.logged("4 of 4 messages").await;
    assert!(recording.ended().await);

    let file = server.directory().join("one.ndjson");
    let replay = async |file: &Path| {
        kaa(&server, &["replay", file.to_str().unwrap(), "--speed", "max", "--verify", "--timeout", "500ms"])
            .await
    };
    let same = replay(&file).await;
    assert_eq!(same.status.code(), Some(0), "{}", told(&same));
    assert!(told(&same).contains("2 requests sent; of 2 answers compared, 0 differ"), "{}", told(&same));

    // Somebody else asks something else: the first request is of three values now.
    let asked = data_encoding::BASE64.encode(b"[1,2]");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.lines().map(|line| {
        let mut object: Value = serde_json::from_str(line).unwrap();
        if object["fields"]["payload"] == json!([1, 2]) {
            let datum = data_encoding::BASE64.decode(object["data"].as_str().unwrap().as_bytes()).unwrap();
            let at = datum.windows(5).position(|window| window == b"[1,2]").unwrap();
            let datum = [&datum[..at], b"[1,,]", &datum[at + 5..]].concat();
            object["data"] = data_encoding::BASE64.encode(&datum).into();
        }
        format!("{object}\n")
    });
    let other = server.directory().join("other.ndjson");
    std::fs::write(&other, changed.collect::<String>()).unwrap();
    let differs = replay(&other).await;
    assert_eq!(differs.status.code(), Some(1), "{} {asked}", told(&differs));
    let difference = String::from_utf8(differs.stdout.clone()).unwrap();
    assert!(difference.starts_with("request #1 /json of e1\n  status\n    - 200\n    + 400"), "{difference}");

    service.killed().await;
    let nobody = replay(&file).await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(told(&nobody).contains("nobody serves some of the requests"), "{}", told(&nobody));
}

#[tokio::test]
async fn a_file_that_is_no_recording_and_one_that_exists_are_left_alone() {
    let server = NatsServer::start().await;
    let file = server.directory().join("notes.txt");
    std::fs::write(&file, "notes\n").unwrap();
    let file_name = file.to_str().unwrap();
    let replayed = kaa(&server, &["replay", file_name]).await;
    assert_eq!(replayed.status.code(), Some(2));
    assert!(told(&replayed).contains("this is not a recording"), "{}", told(&replayed));
    let recorded = kaa(&server, &["record", file_name]).await;
    assert_eq!(recorded.status.code(), Some(2));
    assert!(told(&recorded).contains("--force to overwrite it"), "{}", told(&recorded));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "notes\n");
}

#[tokio::test]
async fn a_file_is_not_touched_before_there_is_something_to_record_and_a_full_disk_is_told() {
    let mut server = NatsServer::start().await;
    let full = kaa(&server, &["record", "/dev/full", "--force", "--for", "1ms"]).await;
    assert_eq!(full.status.code(), Some(2), "{}", told(&full));
    assert!(told(&full).contains("\"/dev/full\" cannot be written"), "{}", told(&full));

    let (old, new) = (server.directory().join("old.ndjson"), server.directory().join("new.ndjson"));
    std::fs::write(&old, "a recording\n").unwrap();
    server.kill();
    for file in [&old, &new] {
        let recorded = kaa(&server, &["record", file.to_str().unwrap(), "--force"]).await;
        assert_eq!(recorded.status.code(), Some(5), "{}", told(&recorded));
    }
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "a recording\n");
    assert!(!new.exists());
}

#[tokio::test]
async fn an_event_is_announced_and_one_that_lacks_something_is_explained() {
    let server = NatsServer::start().await;
    let mut tap = listening(&server, &["tap", "--json", "kaa.v1.events.>"]).await;
    let data = r#"{"configId":"7","content":{"rate":5}}"#;
    let emit = ["emit", "config-updated", "--from", "cdp", "--endpoint", "e1", "--data", data];
    let emitted = kaa(&server, &emit).await;
    assert_eq!(emitted.status.code(), Some(0), "{}", told(&emitted));
    let event = object(&mut tap).await;
    assert_eq!(event["subject"], "kaa.v1.events.cdp.endpoint.config.updated");
    assert_eq!((&event["protocol"], &event["fields"]["content"]), (&json!("6/CDTP"), &json!({ "rate": 5 })));

    let lacking = kaa(&server, &["emit", "config-updated"]).await;
    assert_eq!(lacking.status.code(), Some(2));
    let why = told(&lacking);
    assert!(
        why.contains("ConfigUpdated needs endpointId (string") && why.contains("for example: kaa emit"),
        "{why}"
    );
}

#[tokio::test]
async fn what_a_user_may_not_announce_is_told_with_the_line_that_is_missing() {
    let users = r#"authorization { users: [ { user: u, password: p, permissions: {
        publish: ["_INBOX.>"], subscribe: ["_INBOX.>"] } } ] }"#;
    let server = NatsServer::start_with(|_| users.to_owned()).await;
    let mut command = Command::new(program("kaa"));
    command.args(["emit", "connected", "--endpoint", "e1"]).env("NATS_URLS", server.url());
    command.env("NATS_USERNAME", "u").env("NATS_PASSWORD", "p");
    let output = command.output().await.unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", told(&output));
    assert!(told(&output).contains("add this line to permissions.publish.allow"), "{}", told(&output));
}
