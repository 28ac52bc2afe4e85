//! The platform from its start to its end.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::{Written, options};
use crate::caller::call;
use crate::data::Data;
use crate::platform::Platform;
use crate::welcome::Welcome;
use crate::{DemoError, Tally};

/// More than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_started_again_after_its_end() {
    for _ in 0..2 {
        let data = Data::open(None).unwrap();
        let platform = Platform::start(&options(&[]), data.path()).await.unwrap();
        timeout(LONG, platform.stop()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_devices_it_is_quiet_and_ends_when_its_time_is_over() {
    let written = Written::default();
    let options = options(&["--quiet", "--duration", "50ms"]);
    let transcript = written.transcript();
    let run = crate::run(&options, &transcript, std::future::pending());
    let summary = timeout(LONG, run).await.unwrap().unwrap();
    assert!(summary.is_good() && summary.lasted >= Duration::from_millis(50), "{summary}");
    assert_eq!((summary.devices, summary.operator), (Tally::default(), Tally::default()));
    let text = written.text();
    assert!(!text.contains("->") && text.contains("It ends by itself after 50ms."), "{text}");
    assert!(text.ends_with(&format!("\n{summary}")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_is_where_it_says_and_shows_what_runs() {
    let data = Data::open(None).unwrap();
    let platform = Platform::start(&options(&["--console", "0"]), data.path()).await.unwrap();
    let addresses = platform.addresses();
    let console = addresses.console.unwrap();
    let (status, page) = call(console, &Method::GET, "/console", "").await.unwrap();
    assert!(status.is_success() && page.starts_with(b"<!doctype html>"), "{status}");
    let described = async || {
        let (_, described) = call(console, &Method::GET, "/console/description", "").await.unwrap();
        let described: Value = serde_json::from_slice(&described).unwrap();
        described["services"].as_array().unwrap().len()
    };
    let all = async { while described().await < 10 {} };
    timeout(LONG, all).await.unwrap();
    let welcome = Welcome { options: &options(&["--console", "0"]), addresses }.to_string();
    assert!(welcome.contains(&format!("http://{console}/console")), "{welcome}");
    timeout(LONG, platform.stop()).await.unwrap();
    assert_eq!(options(&["--console"]).console, "127.0.0.1:9464".parse().ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_it_is_asked_to() {
    let written = Written::default();
    let (options, transcript) = (options(&["--quiet"]), written.transcript());
    let run = crate::run(&options, &transcript, std::future::ready(()));
    assert!(timeout(LONG, run).await.unwrap().unwrap().is_good());
    assert!(written.text().contains("Ctrl-c ends it."), "{}", written.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nats_server_that_is_not_there_is_said_with_what_to_do() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = options(&["--nats", &format!("nats://{closed}")]);
    let transcript = Written::default().transcript();
    let run = crate::run(&options, &transcript, std::future::pending());
    let error = timeout(LONG, run).await.unwrap().unwrap_err();
    assert!(matches!(error, DemoError::Connect(_)), "{error:?}");
    assert!(error.to_string().contains("leave --nats out"), "{error:?}");
}

#[test]
fn databases_go_with_the_demo_unless_somebody_wants_them() {
    let temporary = Data::open(None).unwrap();
    let path = temporary.path().to_owned();
    assert!(path.is_dir());
    temporary.close();
    assert!(!path.exists());

    let parent = tempfile::tempdir().unwrap();
    let wanted = parent.path().join("a/b");
    Data::open(Some(&wanted)).unwrap().close();
    assert!(wanted.is_dir());

    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Data::open(Some(&file)).unwrap_err().to_string();
    assert!(error.contains("/file") && error.contains("--data"), "{error}");
}
