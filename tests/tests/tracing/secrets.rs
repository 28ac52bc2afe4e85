//! What no log says: every program logs all it can while it is shown tokens and passwords, right ones and wrong ones.

use std::path::Path;
use std::process::Stdio;

use data_encoding::BASE64;
use kaa_tests::device::Device;
use kaa_tests::http::{call, call_with};
use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::program::program;
use kaa_tests::service::Service;
use serde_json::json;
use tokio::process::Command;

const NATS_PASSWORD: &str = "nats-password-4f1d";
const CLIENT_PASSWORD: &str = "client-password-83aa";
const WRONG_PASSWORD: &str = "wrong-password-0c6e";
const WRONG_TOKEN: &str = "wrong-token-77b2";

const KPC: &str = "
tokens: { mode: ecap, provider: ccm }
clients: { mode: ecap, provider: ccm }
";

/// The services that are there beside the communication service.
const SERVICES: [&str; 8] = ["ccm", "cdp", "cex", "cmx", "dcx", "epmx", "rsx", "tsx"];

fn logging_everything(mut command: Command, format: &str) -> Command {
    command.env("RUST_LOG", "trace").env("LOG_FORMAT", format);
    command.env("NATS_USERNAME", "services").env("NATS_PASSWORD", NATS_PASSWORD);
    command
}

fn service(name: &str, server: &NatsServer, files: &Path, format: &str) -> Service {
    Service::start(logging_everything(Service::command(name, server, files, &[]), format))
}

async fn nobody_says_what_is_secret(format: &str) {
    let authorization = format!("authorization {{ user: services, password: {NATS_PASSWORD:?} }}\n");
    let server =
        NatsServer::start_with(|files| authorization + &kaa_tests::venue::jetstream(files, "always")).await;
    let files = tempfile::tempdir().unwrap();
    let mut services = Vec::new();
    for name in SERVICES {
        let mut service = service(name, &server, files.path(), format);
        service.logged("serving").await;
        services.push((name, service));
    }
    let config = files.path().join("kpc.yaml");
    std::fs::write(&config, KPC).unwrap();
    let mut command = Command::new(program("kaa-kpc"));
    command.args([
        "--nats",
        &server.url(),
        "--admin",
        "off",
        "--mqtt",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
    ]);
    command.arg("--config").arg(&config);
    let kpc = Kpc::serving(logging_everything(command, format)).await;

    // A token and a client, made by those who manage them.
    let rest = services[0].1.rest().await;
    let created =
        call(rest, "POST", "/tokens", &json!({ "application": "av", "endpoint": "e-1" }).to_string()).await;
    let token = created.json()["token"].as_str().unwrap().to_owned();
    let client = json!({ "tenant": "t", "client": "c", "username": "gateway", "password": CLIENT_PASSWORD });
    assert_eq!(call(rest, "POST", "/clients", &client.to_string()).await.status, 201);

    // A device shows both, over HTTP and MQTT; and then wrong ones.
    let basic = |password: &str| BASE64.encode(format!("gateway:{password}").as_bytes());
    let mut shown = Vec::new();
    for (password, token, expected) in
        [(CLIENT_PASSWORD, &*token, 200), (WRONG_PASSWORD, &*token, 401), (CLIENT_PASSWORD, WRONG_TOKEN, 404)]
    {
        let authorization = format!("Basic {}", basic(password));
        let path = format!("/kp1/av/epmx/{token}/get");
        let fields = [("Authorization", &*authorization)];
        let status = call_with(kpc.address("http"), "POST", &path, &fields, "{}").await.status;
        assert_eq!(status, expected, "{path}");
        shown.push(basic(password));
    }
    let mut device = Device::log_in(&kpc, "gateway", CLIENT_PASSWORD).await.unwrap();
    for (token, end) in [(&*token, "status"), (WRONG_TOKEN, "error")] {
        let topic = format!("epmx/{token}/get/1");
        let answered = device.asks(&topic, "{}").await.0;
        assert_eq!(answered, format!("{topic}/{end}"));
    }
    assert!(Device::log_in(&kpc, "gateway", WRONG_PASSWORD).await.is_err());

    let mut asking = logging_everything(Command::new(program("kaa")), format);
    asking.args(["call", "tsx", "/json"]).env("NATS_URLS", server.url());
    let asked = soon("kaa", asking.stdin(Stdio::null()).kill_on_drop(true).output()).await.unwrap();
    assert!(asked.status.success(), "{asked:?}");

    let mut said = vec![("kaa", String::from_utf8([asked.stdout, asked.stderr].concat()).unwrap())];
    said.push(("kaa-kpc", kpc.said().await.join("\n")));
    for (name, service) in services {
        said.push((name, service.said().await.join("\n")));
    }
    let secrets = [NATS_PASSWORD, CLIENT_PASSWORD, WRONG_PASSWORD, WRONG_TOKEN, &token];
    for (program, said) in &said {
        let is_detailed = said.contains(if format == "json" { r#""level":"DEBUG""# } else { "DEBUG" });
        assert!(is_detailed || *program == "kaa", "{program} does not log what it was asked for: {said}");
        for secret in secrets.iter().copied().chain(shown.iter().map(String::as_str)) {
            let at = said.lines().find(|line| line.contains(secret));
            assert_eq!(at, None, "{program} says {secret}");
        }
    }
}

#[tokio::test]
async fn nobody_says_what_is_secret_in_text() {
    nobody_says_what_is_secret("text").await;
}

#[tokio::test]
async fn nobody_says_what_is_secret_in_json() {
    nobody_says_what_is_secret("json").await;
}
