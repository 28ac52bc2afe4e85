//! A device that talks to the extension in this process, printed as it goes.

#![allow(clippy::print_stdout, reason = "a person reads along")]

use std::error::Error;

use kaa_ext::testing::{Device, TestKaa, TestReply};
use quickstart::{App, extension};
use serde_json::json;

/// What the device asks: a resource path, a payload, and why.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("/json", r#"[{"humidity":88},{"humidity":87}]"#, "two samples"),
    ("/json", r#"{"humidity":86}"#, "one sample"),
    ("/json", r#"[{"humidity":}]"#, "broken JSON"),
    ("/echo", "any bytes at all", "an echo"),
    ("/greet/Ada", "", "a path parameter"),
    ("/count", "", "state"),
    ("/count", "", "state, a second time"),
    ("/config/json", "", "the configuration"),
    ("/config/json/no.such", "", "a name that cannot be one"),
    ("/weather", "", "a resource that does not exist"),
];

/// Plays the whole conversation.
pub(crate) async fn play(app: App) -> Result<(), Box<dyn Error>> {
    println!("No NATS_URLS: the extension `quickstart` runs in this process, for one device.\n");
    let kaa = TestKaa::start(extension(app.clone()).build()?).await;
    let mut device = kaa.endpoint("device-1");
    for (path, payload, why) in QUESTIONS {
        ask(&device, path, payload, why).await;
    }

    ask(&device, "/config/json", r#"{"observe":true}"#, "the configuration, and every later one").await;
    app.configurations.assign(None, json!({ "sampling": 60 })).await?;
    println!("# the configuration changes, and the device is told");
    print_reply(&device.next_push().await);

    let stopped = kaa.stop().await;
    let counters = stopped.counters;
    println!("{} requests, {} answers, {} push.\n", counters.received, counters.answered, counters.pushed);
    println!("Next: start a nats-server, then");
    println!("  NATS_URLS=nats://127.0.0.1:4222 cargo run -p quickstart");
    println!(
        r#"  cargo run -p kaa-cli -- call quickstart /json --data '[{{"humidity":88}}]' --endpoint device-1"#
    );
    Ok(())
}

async fn ask(device: &Device, path: &str, payload: &str, why: &str) {
    println!("# {why}");
    println!("-> {path} {payload}");
    print_reply(&device.request(path).payload(payload.to_owned()).await);
}

fn print_reply(reply: &TestReply) {
    let payload = reply.payload.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let text = reply.reason.as_deref().unwrap_or(&payload);
    let kind = if reply.request_id.is_some() { "<-" } else { "<= push" };
    println!("{kind} {} {text}\n", reply.status);
}
