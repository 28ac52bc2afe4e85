//! What strangers send: each with its answer, its counter, and that nothing else happened.

use std::time::Duration;

use kaa_ext::Counters;
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use serde_json::Value;

use crate::{extension, start};

#[resource("/json")]
async fn json(Json(value): Json<Vec<Value>>) -> String {
    value.len().to_string()
}

#[resource("/optional")]
async fn optional(value: Option<Json<Value>>) -> String {
    value.is_some().to_string()
}

#[resource("/number/{number}")]
async fn number(number: u8) -> String {
    number.to_string()
}

#[resource("/mine")]
async fn mine(endpoint: EndpointId) -> String {
    endpoint.to_string()
}

#[resource("/numbered")]
async fn numbered(id: RequestId) -> String {
    id.to_string()
}

#[resource("/versioned")]
async fn versioned(version: AppVersion) -> String {
    version.to_string()
}

async fn kaa() -> TestKaa {
    start(extension(resources![json, optional, number, mine, numbered, versioned].into())).await
}

/// The counters of an extension that did nothing but what `expected` says.
#[track_caller]
fn assert_only(counters: Counters, expected: impl FnOnce(&mut Counters)) {
    let mut only = Counters::default();
    expected(&mut only);
    assert_eq!(counters, only);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_path_is_404() {
    let kaa = kaa().await;
    for path in ["", "/", "/jso", "/json/", "/json/x", "//json", "/JSON", "/number/", "/%6Ason"] {
        let reply = kaa.endpoint("ep-1").request(path).await;
        reply.assert_status(404).assert_reason(&format!("this extension has no resource {path:?}"));
    }
    assert_only(kaa.settled(9).await, |c| (c.received, c.answered, c.unrouted) = (9, 9, 9));
}

#[tokio::test(start_paused = true)]
async fn bad_json_is_400_naming_line_and_column() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    for (payload, at) in [
        (&b"[{\"humidity\":}]"[..], "line 1 column 14"),
        (b"[1,\n 2,\n x]", "line 3 column 2"),
        (b"", "line 1 column 0"),
        (b"{}", "line 1 column 0"),
        (b"[\"\xff\"]", "byte 2 is not UTF-8"),
        (b"[1] 2", "line 1 column 5"),
    ] {
        let reply = device.request("/json").payload(payload).await;
        let reason = reply.assert_status(400).reason.clone().unwrap();
        assert!(reason.starts_with("the payload is not the JSON expected here: "), "{reason}");
        assert!(reason.ends_with(at), "{reason}");
    }
    let deep = "[".repeat(100_000);
    device.request("/json").payload(deep).await.assert_status(400);
    assert_only(kaa.settled(7).await, |c| (c.received, c.answered) = (7, 7));
}

#[tokio::test(start_paused = true)]
async fn an_optional_payload_is_none_only_for_zero_bytes() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    device.request("/optional").await.assert_status(200).assert_text("false");
    device.request("/optional").payload("{}").await.assert_status(200).assert_text("true");
    device.request("/optional").payload(" ").await.assert_status(400);
    device.request("/optional").payload("{").await.assert_status(400);
}

#[tokio::test(start_paused = true)]
async fn a_path_parameter_of_the_wrong_type_is_400_naming_the_parameter() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    device.request("/number/255").await.assert_status(200).assert_text("255");
    device
        .request("/number/256")
        .await
        .assert_status(400)
        .assert_reason("path parameter {number} cannot be \"256\": number too large to fit in target type");
    let long = device.request(format!("/number/{}", "9".repeat(10_000))).await;
    assert!(long.assert_status(400).reason.as_ref().unwrap().len() < 200);
    assert_only(kaa.settled(3).await, |c| (c.received, c.answered) = (3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_the_envelope_lacks_is_400_when_a_handler_needs_it() {
    let kaa = kaa().await;
    let unaware = kaa.without_endpoint();
    unaware
        .request("/mine")
        .await
        .assert_status(400)
        .assert_reason("this resource needs an endpoint: the request has no endpointId");
    let reply = kaa.endpoint("ep-1").request("/numbered").without_request_id().await;
    reply.assert_status(400).assert_reason("this resource needs a request ID: the request has no requestId");
    let odd = kaa.endpoint("not an id").request("/mine").await;
    assert!(odd.assert_status(400).reason.as_ref().unwrap().starts_with("endpointId: \"not an id\""));
    let odd = kaa.endpoint("ep-1").request("/versioned").app_version("a/b").await;
    assert!(odd.assert_status(400).reason.as_ref().unwrap().starts_with("appVersionName: \"a/b\""));
}

#[tokio::test(start_paused = true)]
async fn times_and_ids_that_cannot_be_are_400() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    for (timestamp, timeout, field) in [
        (-1, 0, "timestamp"),
        (0, -1, "timeout"),
        (i64::MIN, i64::MIN, "timestamp"),
        (1, i64::MAX, "timeout"),
    ] {
        let reply = device.request("/optional").times(timestamp, timeout).await;
        let reason = reply.assert_status(400).reason.clone().unwrap();
        assert!(reason.contains(field) && reason.contains("expected"), "{reason}");
    }
    let reply = device.request("/optional").request_id(-7).await;
    assert_eq!(reply.assert_status(400).request_id, None);
    assert!(reply.reason.as_ref().unwrap().contains("requestId is -7"), "{reply:?}");
    assert_only(kaa.settled(5).await, |c| (c.received, c.answered) = (5, 5));
}

#[tokio::test(start_paused = true)]
async fn an_expired_request_is_dropped_and_never_handled() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    let (timeout, skew) = (Duration::from_secs(10), Duration::from_secs(1));
    let late = timeout + skew + Duration::from_millis(1);
    device.request("/optional").timeout(timeout).made(late).send().await;
    assert_only(kaa.settled(1).await, |c| (c.received, c.expired) = (1, 1));
    // To the millisecond: with the tolerated skew it is still in time.
    device.request("/optional").timeout(timeout).made(timeout).await.assert_status(200);
    // A timeout of zero never expires.
    device.request("/optional").made(Duration::from_secs(1_000_000)).await.assert_status(200);
}

#[tokio::test(start_paused = true)]
async fn every_strict_prefix_of_a_request_is_malformed_and_answered_by_nobody() {
    let kaa = kaa().await;
    let datum = kaa.endpoint("ep-1").request("/optional").payload("{}").datum();
    // The last byte alone is the revision of 2026; without it the datum is one of the seed's.
    let prefixes = datum.len() as u64 - 1;
    for end in 0..datum.len() - 1 {
        kaa.publish(datum.slice(..end), None).await;
    }
    assert_only(kaa.settled(prefixes).await, |c| (c.received, c.malformed) = (prefixes, prefixes));
}

#[tokio::test(start_paused = true)]
async fn garbage_is_counted_and_dropped() {
    let kaa = kaa().await;
    let huge_length = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let not_text = [0x02, 0xff];
    let endless_varint = [0xff; 32];
    for datum in [&huge_length[..], &not_text, &endless_varint, &[0x01], &vec![0x00; 1024 * 1024]] {
        kaa.publish(datum.to_vec(), None).await;
    }
    let counters = kaa.settled(5).await;
    assert_eq!((counters.received, counters.malformed + counters.answered), (5, 5));
    // A megabyte of zeros starts with a valid, empty request for the path ""; all else is not Avro.
    assert_eq!((counters.malformed, counters.unrouted, counters.trailing_bytes), (4, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn bytes_after_the_last_known_field_are_counted_and_the_request_is_handled() {
    let kaa = kaa().await;
    let mut datum = kaa.endpoint("ep-1").request("/optional").datum().to_vec();
    datum.extend_from_slice(b"a field of 2031");
    kaa.publish(datum, None).await;
    assert_only(kaa.settled(1).await, |c| (c.received, c.answered, c.trailing_bytes) = (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_hostile_or_missing_reply_to_falls_back_to_the_communication_service() {
    let kaa = kaa().await;
    let device = kaa.endpoint("ep-1");
    let mut everything = kaa
        .bus()
        .subscribe(">".parse::<kaa_ext::protocol::subject::SubjectFilter>().unwrap(), None)
        .await
        .unwrap();
    let hostile = [
        "$SYS.REQ.SERVER.PING",
        "$JS.API.INFO",
        "kaa.v1.replica.kpc-0.cdtp.response",
        "kaa.v1.service.other.dstp.ExtensionData",
        "kaa.v1.service.kpc.esp",
        "anything.else",
    ];
    for reply_to in hostile {
        // The answer arrives all the same: on the service-wide subject.
        device.request("/optional").reply_to(Some(reply_to)).await.assert_status(200);
    }
    device.request("/optional").reply_to(None).await.assert_status(200);
    device
        .request("/optional")
        .reply_to(Some("kaa.v1.replica.test-kaa-0.esp.Other"))
        .await
        .assert_status(200);
    assert_only(kaa.settled(8).await, |c| (c.received, c.answered, c.hostile_reply_to) = (8, 8, 6));
    for expected in (0..8).flat_map(|n| {
        let answer = if n < 7 { "service.kpc" } else { "replica.test-kaa-0" };
        ["kaa.v1.service.ext.esp.ClientData".to_owned(), format!("kaa.v1.{answer}.esp.ExtensionData")]
    }) {
        let mut message = everything.next().await.unwrap();
        while message.subject.starts_with(b"_INBOX.") {
            // The round trip of a subscription, to nobody but its bus itself.
            message = everything.next().await.unwrap();
        }
        assert_eq!(message.subject, expected.as_str(), "nothing else may be on the bus");
    }
}
