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
