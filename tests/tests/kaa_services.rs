//! `kaa ls` and `kaa bench` in a terminal, with the quickstart on a real nats-server.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Output;

use kaa_tests::nats_server::NatsServer;
use kaa_tests::service::{Service, kaa};
use serde_json::Value;

fn printed(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn services_are_listed_with_what_their_functions_have_done() {
    let server = NatsServer::start().await;
    let (code, out, err) = printed(&kaa(&server, &["ls"]).await);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(err.contains("no service has answered"), "{err}");

    let _services = [
        Service::quickstart(&server, "quickstart-0").await,
        Service::quickstart(&server, "quickstart-1").await,
    ];
    let asked = kaa(&server, &["call", "quickstart", "/json", "--data", "[1]", "--endpoint", "e1"]).await;
    assert!(asked.status.success());
    let (code, out, err) = printed(&kaa(&server, &["ls"]).await);
    assert_eq!(code, Some(0), "{err}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0][..2], ["SERVICE", "REPLICA"]);
    assert_eq!((rows[1][1], rows[2][1], rows.len()), ("quickstart-0", "quickstart-1", 3), "{out}");
    let requests = |row: &[&str]| row[4].parse::<u64>().unwrap();
    assert_eq!(requests(&rows[1]) + requests(&rows[2]), 1, "{out}");

    let (_, out, _) = printed(&kaa(&server, &["ls", "quickstart", "--functions"]).await);
    assert!(out.lines().any(|line| line.starts_with("  samples")), "{out}");
    let (_, out, _) = printed(&kaa(&server, &["ls", "--json"]).await);
    let ids = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["quickstart-0", "quickstart-1"]);
    assert_eq!(printed(&kaa(&server, &["ls", "nobody"]).await).0, Some(3));
}

#[tokio::test]
async fn a_load_is_answered_and_measured() {
    let server = NatsServer::start().await;
    let _service = Service::quickstart(&server, "quickstart-0").await;
    let load = ["--for", "300ms", "--warm-up", "0s", "--json"];
    let bench = async |arguments: &[&str]| {
        let output = kaa(&server, &[&["bench", "quickstart"], arguments, &load].concat()).await;
        let (code, out, err) = printed(&output);
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out} {err}"));
        (code, report)
    };
    let (code, report) = bench(&["/json", "--data", "[1,2]"]).await;
    assert_eq!((code, &report["unanswered"]), (Some(0), &0.into()), "{report}");
    assert_eq!(report["statuses"]["200"], report["answers"]);
    assert!(report["answers"].as_u64().unwrap() > 64 && report["latencyMs"]["p99"].as_f64().unwrap() > 0.0);

    let (code, report) = bench(&["/json", "--data", "[1,2]", "--rate", "100"]).await;
    assert_eq!((code, &report["answers"]), (Some(0), &30.into()), "{report}");
    let (code, report) = bench(&["/nowhere", "--concurrency", "1"]).await;
    assert_eq!((code, &report["statuses"]["404"]), (Some(1), &report["answers"]), "{report}");

    let (code, _, err) = printed(&kaa(&server, &["bench", "nobody", "/json"]).await);
    assert_eq!(code, Some(3));
    assert!(err.contains("nobody serves the extension instance \"nobody\""), "{err}");
}
