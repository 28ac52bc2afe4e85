//! The real services with the devices, and the lines that people copy.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::{Written, options};
use crate::data::Data;
use crate::platform::Platform;
use crate::welcome::lines;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_the_right_answers_and_what_is_confirmed_is_stored() {
    let written = Written::default();
    let (options, transcript) = (options(&["--duration", "4s"]), written.transcript());
    let run = crate::run(&options, &transcript, std::future::pending());
    let summary = timeout(LONG, run).await.unwrap().unwrap();
    let text = written.text();
    assert!(summary.is_good(), "{text}");
    assert!(summary.devices.confirmed > 0 && summary.devices.pushes >= 2, "{text}");
    assert_eq!(summary.stored, Some(summary.devices.confirmed), "{text}");
    assert!(summary.operator.answers >= 2, "{text}");
    // What became of an earlier request is asked as well.
    assert!(text.contains("-> rsx /") && text.contains(r#"{"statusCode":200,"timestamp":"#), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_kept_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let flags = ["--duration", "3s", "--data", directory.path().to_str().unwrap()];
    let options = options(&flags);
    let mut texts = Vec::new();
    for _ in 0..2 {
        let written = Written::default();
        let transcript = written.transcript();
        let run = crate::run(&options, &transcript, std::future::pending());
        let summary = timeout(LONG, run).await.unwrap().unwrap();
        assert!(summary.is_good(), "{}", written.text());
        // Those of the first time do not count for the second.
        assert_eq!(summary.stored, Some(summary.devices.confirmed), "{}", written.text());
        texts.push(written.text());
    }
    // The configuration that the operator gave the first device the first time is its first answer the second time.
    let first_answer = |text: &str| {
        let asked = format!("{:<11} -> cmx /config/json {{\"observe\":true}}", crate::DEVICES[0]);
        text.lines().find(|line| line.contains(&asked)).unwrap().to_owned()
    };
    assert!(first_answer(&texts[0]).contains(r#""configId":"""#), "{}", texts[0]);
    assert!(first_answer(&texts[1]).contains(r#""config":{"#), "{}", texts[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_that_is_printed_works_as_it_stands() {
    let (over, is_over) = tokio::sync::watch::channel(false);
    let data = Data::open(None).unwrap();
    let platform = Platform::start(&options(&[]), data.path()).await.unwrap();
    let addresses = platform.addresses();
    let transcript = Written::default().transcript();
    let device = crate::device::Device::live(crate::DEVICES[0], addresses.mqtt, transcript, is_over);
    let device = tokio::spawn(device);
    for line in lines(&addresses) {
        let typed = Command::new("sh").args(["-c", &line.command]).kill_on_drop(true).output();
        let ended = timeout(LONG, typed).await.unwrap().unwrap();
        assert!(ended.status.success(), "{}: {ended:?}", line.command);
        let said = String::from_utf8(ended.stdout).unwrap();
        if line.about.contains("stored") && line.command.contains("series") {
            assert!(said.contains("23"), "{said}");
        }
    }
    over.send_replace(true);
    timeout(LONG, device).await.unwrap().unwrap();
    platform.stop().await;
    data.close();
}
