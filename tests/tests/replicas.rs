//! Several replicas of one extension on a real nats-server, some of which do not survive.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::time::Duration;

use kaa_bus::{Bus, NatsOptions, Subject};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::open_loop::{Question, is_success};
use kaa_tests::patience::soon;
use kaa_tests::rolling::restarts;
use kaa_tests::service::Service;

/// A communication service of which only the requests are of interest.
struct Asker(Bus);

impl Asker {
    async fn new(server: &NatsServer) -> Self {
        Self(Bus::nats(NatsOptions::new(&server.url()).unwrap()).await.unwrap())
    }

    /// Asks the quickstart once; the status and the payload.
    async fn ask(&self, path: &str, endpoint: &str, within: Duration) -> Result<(i32, String), String> {
        let data = ClientData {
            correlation_id: endpoint,
            app_version_name: "app-v1",
            endpoint_id: Some(endpoint),
            resource_path: path,
            request_id: Some(1),
            ..ClientData::default()
        };
        let subject: Subject = "kaa.v1.service.quickstart.esp.ClientData".parse().unwrap();
        let datum = data.encode(Revision::Seed).unwrap();
        let answer = self.0.request(subject, datum, within).await.map_err(|error| error.to_string())?;
        let data = ExtensionData::decode_strict(&answer.payload).unwrap();
        let payload = String::from_utf8(data.payload.unwrap_or_default().to_vec()).unwrap();
        Ok((data.status_code, payload))
    }
}

#[tokio::test]
async fn two_replicas_share_the_load_and_one_that_is_killed_is_not_missed() {
    let server = NatsServer::start().await;
    let one = Service::quickstart(&server, "quickstart-0").await;
    let _two = Service::quickstart(&server, "quickstart-1").await;
    let asker = Asker::new(&server).await;

    // Each replica counts for itself, so the highest count says how many requests it got.
    let mut counts = HashMap::<u32, usize>::new();
    for _ in 0..200 {
        let (status, count) = asker.ask("/count", "ep-1", Duration::from_secs(5)).await.unwrap();
        assert_eq!(status, 200);
        *counts.entry(count.parse().unwrap()).or_default() += 1;
    }
    let shared = counts.values().filter(|&&seen| seen == 2).count();
    assert!(shared >= 50, "both replicas count to at least 50: {counts:?}");

    one.kill();
    assert!(!one.ended().await);
    // Until the server has seen the end of its connection, it may still give it a request or two.
    let noticed = async {
        let mut in_a_row = 0;
        while in_a_row < 100 {
            match asker.ask("/count", "ep-1", Duration::from_millis(500)).await {
                Ok((200, _)) => in_a_row += 1,
                _ => in_a_row = 0,
            }
        }
    };
    soon("the other replica to get all requests", noticed).await;
}

const GREETING: Question = Question { service: "quickstart", path: "/greet/Ada", is_answer: is_success };

/// On two threads, so that what is measured does not wait for what measures.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_are_replaced_one_after_the_other_under_load_lose_nothing() {
    // A machine that does not carry the second rate is asked as fast as it can answer.
    for rate in [1_000, 20_000] {
        let server = NatsServer::start().await;
        let begin = async |number| Service::quickstart(&server, &format!("quickstart-{number}")).await;
        let outcome = restarts(&server.url(), GREETING, rate, 10, begin).await;
        assert_eq!((outcome.failed(), outcome.answered), (0, outcome.sent), "at {rate}/s: {outcome}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_a_service_that_cannot_stop_in_order() {
    let server = NatsServer::start().await;
    let mut service = Service::quickstart(&server, "quickstart-0").await;
    // A frozen server confirms nothing, so the way out takes a while.
    server.stop();
    service.terminate();
    service.logged("stopping").await;
    service.terminate();
    assert!(!service.ended().await, "a service that was interrupted says so by its exit code");
    server.cont();
}

#[tokio::test]
async fn a_service_whose_server_is_away_stops_by_itself() {
    let mut server = NatsServer::start().await;
    let service = Service::quickstart(&server, "quickstart-0").await;
    server.kill();
    service.terminate();
    assert!(service.ended().await);
}
