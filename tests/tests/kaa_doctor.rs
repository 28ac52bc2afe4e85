//! `kaa doctor` and `kaa schema check` in a terminal.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use kaa_tests::nats_server::NatsServer;
use kaa_tests::nats_tls::Certificates;
use kaa_tests::program::program;
use kaa_tests::service::{Service, kaa};

#[track_caller]
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    out.into_owned()
}

#[tokio::test]
async fn a_healthy_server_and_service_are_said_to_be_so() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;
    let output = kaa(&server, &["doctor", "--service", "quickstart"]).await;
    let text = printed(&output, 0);
    for line in [
        "ok    server       nats-server 2.",
        "warn  jetstream    off",
        "ok    tls          off, on this machine",
        "ok    round trip   ",
        "ok    permissions  may subscribe to kaa.v1.>",
        "ok    service      quickstart answers in ",
        "ok    clock        quickstart has the time of this machine",
    ] {
        assert!(text.lines().any(|printed| printed.starts_with(line)), "{line:?} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_service_that_is_not_are_failures_with_a_fix() {
    let mut server = NatsServer::start().await;
    let text = printed(&kaa(&server, &["doctor", "--service", "nobody"]).await, 1);
    assert!(text.contains("fail  service      nobody serves the extension instance \"nobody\""), "{text}");
    assert!(text.contains("fix: start it"), "{text}");
    server.kill();
    let text = printed(&kaa(&server, &["doctor"]).await, 1);
    assert!(text.starts_with("fail  connection   no connection to nats://127.0.0.1:"), "{text}");
    assert!(text.contains("fix: start nats-server"), "{text}");
}

#[tokio::test]
async fn a_wrong_login_is_a_failure_and_what_a_user_may_not_do_is_told_with_the_line() {
    let users = r#"authorization { users: [ { user: u, password: p, permissions: {
        publish: ["_INBOX.>"], subscribe: ["_INBOX.>"] } } ] }"#;
    let server = NatsServer::start_with(|_| users.to_owned()).await;
    let doctor = async |password: &'static str| {
        let mut command = tokio::process::Command::new(program("kaa"));
        command.arg("doctor").env("NATS_URLS", server.url());
        command.env("NATS_USERNAME", "u").env("NATS_PASSWORD", password).output().await.unwrap()
    };
    let text = printed(&doctor("p").await, 0);
    assert!(text.contains("ok    login        accepted, by user \"u\""), "{text}");
    assert!(text.contains("warn  permissions  user \"u\" of NATS may not subscribe to kaa.v1.>"), "{text}");
    assert!(
        text.contains("warn  permissions  user \"u\" of NATS may not publish to kaa.v1.service.kaa-doctor"),
        "{text}"
    );
    assert!(text.contains("add this line to permissions.publish.allow"), "{text}");
    let text = printed(&doctor("wrong").await, 1);
    assert!(
        text.contains("the server refused the login") && text.contains("fix: set NATS_USERNAME"),
        "{text}"
    );
}

#[tokio::test]
async fn a_certificate_is_checked_and_one_of_a_stranger_is_a_failure_that_names_the_file_to_set() {
    let mut certificates = None;
    let server = NatsServer::start_with(|directory| {
        let made = certificates.insert(Certificates::write_to(directory));
        format!(
            "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
            made.server, made.server_key, made.ca
        )
    })
    .await;
    let (ours, elsewhere) = (certificates.unwrap(), tempfile::tempdir().unwrap());
    let strangers = Certificates::write_to(elsewhere.path());
    let doctor = async |authority: Option<&Path>, own: Option<(&Path, &Path)>| {
        let mut command = tokio::process::Command::new(program("kaa"));
        command.arg("doctor").env("NATS_URLS", server.url());
        authority.map(|file| command.env("NATS_TLS_CA_FILE", file));
        own.map(|(certificate, key)| {
            command.env("NATS_TLS_CERTIFICATE_FILE", certificate).env("NATS_TLS_KEY_FILE", key)
        });
        command.output().await.unwrap()
    };
    let own = Some((ours.client.as_path(), ours.client_key.as_path()));
    let text = printed(&doctor(Some(&ours.ca), own).await, 0);
    assert!(text.contains("ok    tls          on, with a certificate of our own"), "{text}");
    for (authority, own, cause) in [
        (None, None, "UnknownIssuer"),
        (Some(strangers.ca.as_path()), own, "invalid peer certificate"),
        (Some(ours.ca.as_path()), None, "ertificate"),
    ] {
        let text = printed(&doctor(authority, own).await, 1);
        assert!(text.starts_with("fail  connection   "), "{text}");
        assert!(text.contains(cause) && text.contains("fix: set NATS_TLS_CA_FILE"), "{text}");
    }
}

#[test]
fn schemas_are_compared_file_by_file_and_the_exit_code_is_the_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, fields: &str| {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)).unwrap();
    };
    let field = r#"{"name":"a","type":"int"}"#;
    write("old/x/r.avsc", field);
    write("new/x/r.avsc", &format!(r#"{field},{{"name":"b","type":"string"}}"#));
    write("same/x/r.avsc", field);
    let check = |old: &str, new: &str, more: &[&str]| {
        let mut command = Command::new(program("kaa"));
        command.current_dir(directory.path()).args(["schema", "check", old, new]).args(more);
        command.output().unwrap()
    };
    assert!(printed(&check("old", "same", &[]), 0).starts_with("x/r.avsc\n  backward  ok"));
    let text = printed(&check("old", "new", &[]), 1);
    assert!(text.contains("R.b: NEW needs this field, and OLD does not write it"), "{text}");
    assert!(text.contains("fix: give it a default in NEW"), "{text}");
    printed(&check("old", "new", &["--mode", "forward"]), 0);
    std::fs::rename(directory.path().join("new/x/r.avsc"), directory.path().join("new/x/s.avsc")).unwrap();
    assert!(printed(&check("old", "new", &[]), 1).contains("gone"));
    printed(&check("old", "new/x/s.avsc", &[]), 2);
    printed(&check("old/x/none.avsc", "new/x/s.avsc", &[]), 2);
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/kaa-protocol/schemas");
    printed(&check(ours.to_str().unwrap(), ours.to_str().unwrap(), &["--wire"]), 0);
}
