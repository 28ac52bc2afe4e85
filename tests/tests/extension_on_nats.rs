//! Extensions on a real nats-server: the scenario of the in-process tests, and what only a real
//! server can show.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use async_nats::Client;
use bytes::Bytes;
use futures_util::StreamExt;
use kaa_bus::{Bus, NatsOptions};
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

#[resource("/greet/{name}")]
async fn greet(name: String, session: Session) -> String {
    session.pin();
    format!("Hello, {name}!")
}

#[resource("/push")]
async fn push(session: Session) -> Result<(), Failure> {
    session.push("pushed").await.map_err(Failure::internal)
}

#[resource("/panic")]
async fn panic() -> () {
    panic!("on purpose")
}

#[resource("/slow")]
async fn slow() -> () {
    std::future::pending().await
}

fn extension() -> Extension {
    Extension::new("ext").resources(resources![echo, greet, push, panic, slow]).build().unwrap()
}

async fn connect(server: &NatsServer) -> Bus {
    Bus::nats(NatsOptions::new(&server.url()).unwrap()).await.unwrap()
}

/// One scenario, whatever carries it.
async fn a_device_talks_to_an_extension(bus: Bus) {
    let kaa = TestKaa::start_on(bus, extension()).await;
    let mut device = kaa.endpoint("ep-1");
    device.request("/echo").payload("bytes").await.assert_status(200).assert_text("bytes");
    device.request("/nowhere").await.assert_status(404);
    device.request("/panic").await.assert_status(500);
    device.request("/greet/Ada").await.assert_status(200).assert_text("Hello, Ada!");
    assert!(device.is_pinned());
    device.request("/push").await.assert_status(200);
    device.next_push().await.assert_text("pushed");
    device.request("/slow").timeout(Duration::from_millis(50)).await.assert_status(504);
    let stopped = kaa.stop().await;
    let counters = stopped.counters;
    assert_eq!((counters.received, counters.answered, counters.pushed), (6, 6, 1));
    assert_eq!((stopped.unfinished, counters.panicked, counters.timed_out), (0, 1, 1));
}

#[tokio::test]
async fn a_device_talks_to_an_extension_in_the_process() {
    a_device_talks_to_an_extension(Bus::memory()).await;
}

#[tokio::test]
async fn a_device_talks_to_an_extension_on_nats() {
    let server = NatsServer::start().await;
    a_device_talks_to_an_extension(connect(&server).await).await;
}

fn datum(correlation_id: &str) -> Bytes {
    let data = ClientData {
        correlation_id,
        app_version_name: "app-v1",
        endpoint_id: Some("ep-1"),
        resource_path: "/echo",
        request_id: Some(1),
        payload: b"hello",
        ..ClientData::default()
    };
    data.encode(Revision::Seed).unwrap()
}

async fn raw(server: &NatsServer) -> Client {
    async_nats::connect(server.url()).await.unwrap()
}

const SUBJECT: &str = "kaa.v1.service.ext.esp.ClientData";

#[tokio::test]
async fn any_nats_client_may_ask_with_its_own_inbox() {
    let server = NatsServer::start().await;
    let _server = extension().serve(connect(&server).await).start().await.unwrap();
    let client = raw(&server).await;
    let answer = soon("the answer", client.request(SUBJECT, datum("c-1"))).await.unwrap();
    let data = ExtensionData::decode_strict(&answer.payload).unwrap();
    assert_eq!((data.correlation_id, data.status_code, data.payload), ("c-1", 200, Some(&b"hello"[..])));
}

#[tokio::test]
async fn a_reply_to_with_a_wildcard_or_of_another_service_is_never_published_to() {
    let server = NatsServer::start().await;
    let running = extension().serve(connect(&server).await).start().await.unwrap();
    let client = raw(&server).await;
    let mut everything = client.subscribe(">").await.unwrap();
    client.flush().await.unwrap();
    let hostile = [">", "kaa.v1.replica.*.esp.ExtensionData", "$SYS.REQ.SERVER.PING", "$JS.API.INFO", "a..b"];
    for (n, reply_to) in hostile.iter().enumerate() {
        client.publish_with_reply(SUBJECT, *reply_to, datum(&format!("c-{n}"))).await.unwrap();
        let answer = async {
            loop {
                let message = everything.next().await.unwrap();
                if message.subject.as_str() != SUBJECT {
                    break message;
                }
            }
        };
        // The only thing that follows is the answer, where a communication service expects it.
        let answer = soon("the answer", answer).await;
        assert_eq!(answer.subject.as_str(), "kaa.v1.service.kpc.esp.ExtensionData", "{reply_to}");
    }
    let counters = running.stop().await.unwrap().counters;
    assert_eq!((counters.answered, counters.hostile_reply_to), (5, 5));
}

#[tokio::test]
async fn a_server_that_is_killed_and_restarted_finds_the_extension_serving_again() {
    let mut server = NatsServer::start().await;
    let bus = connect(&server).await;
    let mut connection = bus.watch_connection();
    let running = extension().serve(bus).start().await.unwrap();
    server.kill();
    soon("the end", connection.wait_for(|state| *state == kaa_bus::Connection::Disconnected)).await.unwrap();
    server.restart().await;
    soon("the reconnect", connection.wait_for(|state| *state == kaa_bus::Connection::Connected))
        .await
        .unwrap();
    let client = raw(&server).await;
    let answered = async {
        // Until the subscription is back, nobody answers.
        let mut again = tokio::time::interval(Duration::from_millis(5));
        loop {
            again.tick().await;
            if client.request(SUBJECT, datum("c-1")).await.is_ok() {
                break;
            }
        }
    };
    soon("an answer", answered).await;
    assert_eq!(running.stop().await.unwrap().unfinished, 0);
}

#[tokio::test]
async fn an_extension_stops_in_time_when_its_server_is_gone_or_frozen() {
    for freeze in [false, true] {
        let mut server = NatsServer::start().await;
        let running = extension().serve(connect(&server).await).start().await.unwrap();
        if freeze {
            server.stop();
        } else {
            server.kill();
        }
        let stopped = soon("the stop", running.stop()).await;
        assert_eq!(stopped.unwrap().unfinished, 0);
        if freeze {
            server.cont();
        }
    }
}
