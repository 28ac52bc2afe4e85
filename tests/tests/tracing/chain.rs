//! Without an exporter, what a device says of its trace goes wherever its request goes, just as it came.

use kaa_bus::trace::TraceContext;
use kaa_tests::venue::Venue;

use crate::platform::{DEVICE, Platform, SAID};

async fn every_message_says_what_the_device_said(venue: Venue) {
    let mut platform = Platform::start(&venue).await;
    let state = "vendor=1,other=2";
    let context = TraceContext::of_headers([DEVICE.as_bytes()], [state.as_bytes()]);
    assert!(context.is_some());
    let in_two = [("traceparent", DEVICE), ("tracestate", "vendor=1"), ("tracestate", "other=2")];
    let in_one = [("Traceparent", DEVICE), ("Tracestate", state)];
    let malformed = [("traceparent", "00-0-0-0"), ("tracestate", state)];
    let twice = [("traceparent", DEVICE), ("traceparent", DEVICE)];
    for (fields, expected) in
        [(&in_two[..], &context), (&[], &None), (&in_one, &context), (&malformed, &None), (&twice, &None)]
    {
        let answer = platform.ask(fields).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut messages = platform.messages(SAID.len()).await;
        messages.sort_by(|one, other| one.0.cmp(&other.0));
        for ((subject, trace), expected_subject) in messages.iter().zip(SAID) {
            assert_eq!(without_random(subject), expected_subject, "{messages:?}");
            assert_eq!(trace, expected, "{subject}");
        }
        let functions = platform.functions(4).await;
        let names: Vec<_> = functions.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["applied", "config", "start", "start, later"]);
        assert!(functions.iter().all(|(_, trace)| trace == expected), "{functions:?}");
    }
}

/// The replica of the communication service makes up its name.
fn without_random(subject: &str) -> String {
    let words = subject.split('.').map(|word| if word.starts_with("kpc-") { "kpc" } else { word });
    words.collect::<Vec<_>>().join(".")
}

#[tokio::test]
async fn every_message_says_what_the_device_said_in_the_process() {
    every_message_says_what_the_device_said(Venue::memory()).await;
}

#[tokio::test]
async fn every_message_says_what_the_device_said_in_headers_of_nats() {
    every_message_says_what_the_device_said(Venue::nats().await).await;
}
