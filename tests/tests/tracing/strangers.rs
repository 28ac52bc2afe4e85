//! Services that were written by hand, with another client: they may have no headers, others, or malformed ones.

use std::time::Duration;

use async_nats::HeaderMap;
use futures_util::StreamExt;
use kaa_bus::Bus;
use kaa_bus::trace::TraceContext;
use kaa_ext::prelude::*;
use kaa_ext::protocol::avro::Record;
use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_kpc::relay::{Relay, RelayOptions};
use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use kaa_tests::patience::soon;
use kaa_tests::venue::Venue;

use crate::platform::DEVICE;

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

async fn other_client(venue: &Venue) -> async_nats::Client {
    let Venue::Nats(server) = venue else { panic!("headers are of NATS") };
    async_nats::connect(server.url()).await.unwrap()
}

async fn relay(bus: Bus) -> Relay {
    let options = RelayOptions { request_timeout: Duration::from_secs(5), ..RelayOptions::default() };
    Relay::start(bus, options).await.unwrap()
}

fn context() -> Option<TraceContext> {
    TraceContext::of_headers([DEVICE.as_bytes()], [])
}

#[tokio::test]
async fn an_extension_answers_whoever_asks_with_the_trace_that_it_was_given_and_no_other() {
    let venue = Venue::nats().await;
    let extension = Extension::new("ext").resources(resources![echo]).build().unwrap();
    let _server = extension.serve(venue.connect().await).start().await.unwrap();
    let client = other_client(&venue).await;
    let mut answers = client.subscribe("kaa.v1.replica.by-hand.esp.ExtensionData").await.unwrap();
    let given = |fields: &[(&str, &str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, *value);
        }
        headers
    };
    let long = format!("a={}", "x".repeat(510));
    let mebibyte = "x".repeat(1 << 19);
    for (headers, expected) in [
        (given(&[("traceparent", DEVICE), ("tracestate", "a=1")]), Some((DEVICE, Some("a=1")))),
        (given(&[("Nats-Msg-Id", "1"), ("other", "field")]), None),
        (given(&[("traceparent", "00-zz")]), None),
        (given(&[("traceparent", DEVICE), ("traceparent", DEVICE)]), None),
        (given(&[("traceparent", &mebibyte)]), None),
        (given(&[("tracestate", "a=1")]), None),
        (given(&[("traceparent", DEVICE), ("tracestate", "A=1")]), Some((DEVICE, None))),
        (given(&[("traceparent", DEVICE), ("tracestate", &long)]), Some((DEVICE, None))),
        (given(&[]), None),
    ] {
        let data = ClientData {
            correlation_id: "c-1",
            app_version_name: "v1",
            resource_path: "/echo",
            request_id: Some(1),
            payload: b"x",
            ..ClientData::default()
        };
        let datum = data.encode(Revision::Seed).unwrap();
        let (to, reply_to) =
            ("kaa.v1.service.ext.esp.ClientData", "kaa.v1.replica.by-hand.esp.ExtensionData");
        client.publish_with_reply_and_headers(to, reply_to, headers, datum).await.unwrap();
        let answer = soon("an answer", answers.next()).await.unwrap();
        assert_eq!(ExtensionData::decode(&answer.payload).unwrap().record.status_code, 200);
        let headers = answer.headers.unwrap_or_default();
        let said = |name: &str| headers.get(name).map(|value| value.as_str().to_owned());
        let expected = expected.map(|(parent, state)| (parent.to_owned(), state.map(str::to_owned)));
        assert_eq!(said("traceparent").map(|parent| (parent, said("tracestate"))), expected);
    }
}

#[tokio::test]
async fn a_device_in_a_trace_is_answered_by_an_extension_that_knows_no_headers() {
    let venue = Venue::nats().await;
    let relay = relay(venue.connect().await).await;
    let client = other_client(&venue).await;
    let mut requests = client.subscribe("kaa.v1.service.by-hand.esp.ClientData").await.unwrap();
    // The server takes what one client says in turn: behind this, it knows of the subscription.
    let mut echo = client.subscribe("echo").await.unwrap();
    client.publish("echo", "".into()).await.unwrap();
    soon("the echo", echo.next()).await.unwrap();
    let by_hand = tokio::spawn(async move {
        let request = requests.next().await.unwrap();
        let asked = ClientData::decode(&request.payload).unwrap().record;
        let data = ExtensionData {
            correlation_id: asked.correlation_id,
            app_version_name: Some(asked.app_version_name),
            request_id: asked.request_id,
            resource_path: asked.resource_path,
            extension_instance_name: Some("by-hand"),
            status_code: 200,
            reason_phrase: Some("OK"),
            payload: Some(b"by hand"),
            ..ExtensionData::default()
        };
        let datum = data.encode(Revision::Seed).unwrap();
        client.publish(request.reply.unwrap(), datum).await.unwrap();
        client.flush().await.unwrap();
        request
            .headers
            .and_then(|headers| headers.get("traceparent").map(|parent| parent.as_str().to_owned()))
    });
    let path = RequestPath::from_topic("kp1/v1/by-hand/echo/1", |_| EndpointAwareness::Unaware).unwrap();
    let request =
        kaa_kpc::relay::Request { trace: context(), ..kaa_kpc::relay::Request::new(path, "".into()) };
    let answer = soon("an answer", relay.ask(&request)).await;
    assert_eq!((answer.status_code, &answer.payload[..]), (200, b"by hand".as_slice()));
    assert_eq!(by_hand.await.unwrap().as_deref(), Some(DEVICE));
}
