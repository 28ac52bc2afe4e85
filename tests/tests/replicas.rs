//! Several replicas of one extension on a real nats-server, some of which do not survive.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use kaa_bus::{Bus, NatsOptions, Subject};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_tests::http::call;
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

    /// Counts one more request, at this subject; the status and the payload.
    async fn ask_at(&self, subject: &str) -> (i32, String) {
        self.exchange(subject, "/count", "ep-1", Duration::from_secs(5)).await.unwrap()
    }

    /// Asks the quickstart once; the status and the payload.
    async fn ask(&self, path: &str, endpoint: &str, within: Duration) -> Result<(i32, String), String> {
        self.exchange("kaa.v1.service.quickstart.esp.ClientData", path, endpoint, within).await
    }

    async fn exchange(
        &self,
        subject: &str,
        path: &str,
        endpoint: &str,
        within: Duration,
    ) -> Result<(i32, String), String> {
        let data = ClientData {
            correlation_id: endpoint,
            app_version_name: "app-v1",
            endpoint_id: Some(endpoint),
            resource_path: path,
            request_id: Some(1),
            ..ClientData::default()
        };
        let subject: Subject = subject.parse().unwrap();
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

/// A quickstart on two cores.
async fn sharded(server: &NatsServer, replica: &str) -> Service {
    let variables =
        [("SERVICE_SHARDS", "2"), ("SERVICE_INSTANCE_REPLICA_ID", replica), ("ADMIN_LISTEN", "127.0.0.1:0")];
    let mut service = Service::configured("quickstart", server, Path::new("."), &variables).await;
    service.logged("health and metrics").await;
    service
}

#[tokio::test]
async fn two_shards_are_two_replicas_with_one_state_and_one_admin_port() {
    let server = NatsServer::start().await;
    let mut service = sharded(&server, "quickstart-0").await;
    let asker = Asker::new(&server).await;
    let mut last = 0;
    for _ in 0..200 {
        let (status, count) = asker.ask("/count", "ep-1", Duration::from_secs(5)).await.unwrap();
        assert_eq!(status, 200);
        last = count.parse().unwrap();
    }
    assert_eq!(last, 200, "both count in the same place");
    // Whoever pins a session to the further shard reaches it by its own name.
    for replica in ["quickstart-0", "quickstart-0-shard-1"] {
        let (status, count) = asker.ask_at(&format!("kaa.v1.replica.{replica}.esp.ClientData")).await;
        last += 1;
        assert_eq!((status, count), (200, last.to_string()));
    }
    let admin = service.admin().await;
    let metrics = call(admin, "GET", "/metrics", "").await.body;
    assert!(metrics.contains("kaa_ext_answered_total 202\n"), "{metrics}");
    service.terminate();
    assert!(service.ended().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_of_two_shards_that_are_replaced_under_load_lose_nothing() {
    let server = NatsServer::start().await;
    let begin = async |number| sharded(&server, &format!("quickstart-{number}")).await;
    let outcome = restarts(&server.url(), GREETING, 1_000, 5, begin).await;
    assert_eq!((outcome.failed(), outcome.answered), (0, outcome.sent), "{outcome}");
}

#[tokio::test]
async fn a_service_that_may_not_be_there_twice_refuses_a_second_shard() {
    let server = NatsServer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut service =
        Service::start(Service::command("cdp", &server, directory.path(), &[("SERVICE_SHARDS", "2")]));
    service.logged("start more replicas of it instead").await;
    assert!(!service.ended().await);
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
