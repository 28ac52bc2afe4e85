//! Two replicas of cmx on a real nats-server, one of which does not survive.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use kaa_bus::{Bus, NatsOptions};
use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::testing::{Answering, Device, TestKaa, TestService};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::program::program;
use kaa_tests::service::Service;
use serde_json::json;
use tokio::process::Command;

/// A provider with one configuration, and a communication service with one device.
struct Stage {
    server: NatsServer,
    provider: TestService,
    config_id: Arc<Mutex<&'static str>>,
    device: Device,
    _answering: Answering<ConfigRequest>,
    _kaa: TestKaa,
}

impl Stage {
    async fn start() -> Self {
        let server = NatsServer::start().await;
        let bus = Bus::nats(NatsOptions::new(&server.url()).unwrap()).await.unwrap();
        // The stage alone: the extension comes as processes.
        let kaa = TestKaa::start_on(bus, Extension::new("cmx").build().unwrap()).await;
        kaa.stop().await;
        let (provider, device) = (kaa.service("cdp"), kaa.endpoint("ep-1"));
        let config_id = Arc::new(Mutex::new("1"));
        let latest = config_id.clone();
        let answering = provider.answer(move |request| respond(&request, *latest.lock().unwrap())).await;
        Self { server, provider, config_id, device, _answering: answering, _kaa: kaa }
    }

    async fn replica(&self, name: &str) -> Service {
        let mut command = Command::new(program("cmx"));
        command.env("NATS_URLS", self.server.url()).env("SERVICE_INSTANCE_REPLICA_ID", name);
        let mut service = Service::start({
            command.env("CMX_HEARTBEAT", "250ms");
            command
        });
        service.logged("serving").await;
        service
    }

    /// The device observes, and gets what there is.
    async fn observe(&self) {
        let answer = self.device.request("/config/json").json(json!({ "observe": true })).await;
        answer.assert_status(200).assert_json(json!({ "configId": "1", "config": {} }));
    }

    async fn change(&mut self, to: &'static str) {
        *self.config_id.lock().unwrap() = to;
        let event = ConfigUpdated { endpoint_id: "ep-1".into(), ..ConfigUpdated::default() };
        self.provider.publish(&event).await;
    }

    async fn is_pushed(&mut self, config_id: &str) {
        let push = soon("a push", self.device.next_push()).await;
        push.assert_json(json!({ "configId": config_id, "config": {} }));
    }
}

fn respond(request: &ConfigRequest, latest: &'static str) -> ConfigResponse {
    let is_known = request.config_id.as_deref() == Some(latest);
    let content = (!is_known).then(|| "{}".into());
    let config_id = (!is_known).then(|| latest.into());
    ConfigResponse { config_id, content, ..request.response(Outcome::OK) }
}

#[tokio::test]
async fn what_a_killed_replica_would_have_pushed_comes_from_the_other() {
    let mut stage = Stage::start().await;
    let one = stage.replica("cmx-one").await;
    stage.observe().await;
    // One that starts is told what the first has, and the first knows of it.
    let mut other = stage.replica("cmx-other").await;
    other.logged("another replica is there").await;
    stage.change("2").await;
    stage.is_pushed("2").await;

    one.kill();
    assert!(!one.ended().await);
    // Nobody alive has the observation at this moment.
    stage.change("3").await;
    stage.is_pushed("3").await;
    other.logged("a replica is silent").await;
    stage.change("4").await;
    stage.is_pushed("4").await;
}

#[tokio::test]
async fn replicas_that_are_restarted_one_after_the_other_lose_no_observation() {
    let mut stage = Stage::start().await;
    let mut running = stage.replica("cmx-0").await;
    stage.observe().await;
    for (restart, config_id) in ["2", "3", "4"].into_iter().enumerate() {
        let mut next = stage.replica(&format!("cmx-{}", restart + 1)).await;
        next.logged("another replica is there").await;
        running.terminate();
        assert!(running.ended().await, "a stopped service ends with exit code 0");
        running = next;
        stage.change(config_id).await;
        stage.is_pushed(config_id).await;
    }
}
