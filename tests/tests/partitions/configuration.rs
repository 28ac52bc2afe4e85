//! Replicas of `cmx` that do not hear each other for longer than it takes to be taken for dead.

use std::sync::{Arc, Mutex};

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::testing::{Answering, Device, TestKaa, TestService};
use kaa_tests::cable::{Cable, Way};
use kaa_tests::nats_server::NatsServer;
use kaa_tests::patience::soon;
use kaa_tests::service::Service;
use serde_json::Value;

use crate::site::{NEVER, connect};

/// A provider with one configuration for everybody, and two replicas, one of which can be cut off.
struct Stage {
    server: NatsServer,
    cable: Arc<Cable>,
    provider: TestService,
    /// The configuration, and whether the replica that asks for it next is cut off before it has told anybody.
    latest: Arc<Mutex<(u32, bool)>>,
    devices: Vec<Device>,
    kaa: TestKaa,
    _answering: Answering<ConfigRequest>,
}

impl Stage {
    async fn start() -> Self {
        let server = NatsServer::start().await;
        let cable = Arc::new(Cable::to(&server).await);
        // The stage alone: the extension comes as processes.
        let kaa =
            TestKaa::start_on(connect(&server.url()).await, Extension::new("cmx").build().unwrap()).await;
        kaa.stop().await;
        let provider = kaa.service("cdp");
        let latest = Arc::new(Mutex::new((1, false)));
        let (state, to_cut) = (latest.clone(), cable.clone());
        let respond = move |request: ConfigRequest| {
            let mut state = state.lock().unwrap();
            if std::mem::take(&mut state.1) {
                to_cut.cut(Way::ToServer);
            }
            let latest = state.0.to_string();
            let is_known = request.config_id.as_deref() == Some(&*latest);
            let content = (!is_known).then(|| "{}".into());
            let config_id = (!is_known).then(|| latest.into());
            ConfigResponse { config_id, content, ..request.response(Outcome::OK) }
        };
        let answering = provider.answer(respond).await;
        Self { server, cable, provider, latest, devices: Vec::new(), kaa, _answering: answering }
    }

    async fn replica(&self, name: &str, url: &str) -> Service {
        let variables = [
            ("NATS_URLS", url),
            ("NATS_PING_INTERVAL", NEVER),
            ("SERVICE_INSTANCE_REPLICA_ID", name),
            ("CMX_HEARTBEAT", "200ms"),
        ];
        let directory = std::path::Path::new(".");
        Service::configured("cmx", &self.server, directory, &variables).await
    }

    /// One replica at the end of the cable, which has the observations of so many devices, and one that has learnt of
    /// them.
    async fn replicas(&mut self, devices: usize) -> (Service, Service) {
        let mut victim = self.replica("cmx-victim", &self.cable.url()).await;
        self.observe(devices).await;
        let mut other = self.replica("cmx-other", &self.server.url()).await;
        other.logged("another replica is there").await;
        victim.logged("another replica is there").await;
        (victim, other)
    }

    async fn observe(&mut self, devices: usize) {
        for number in self.devices.len()..self.devices.len() + devices {
            let device = self.kaa.endpoint(&format!("ep-{number}"));
            let answer = device.request("/config/json").json(serde_json::json!({ "observe": true })).await;
            answer.assert_status(200).assert_json_at("/configId", "1");
            self.devices.push(device);
        }
    }

    /// Another configuration for everybody; how many pushes came that are of no use.
    async fn round(&mut self, to: u32) -> usize {
        self.change(to).await;
        self.have(to).await
    }

    /// Waits until everybody is pushed this configuration; how many others came before.
    async fn have(&mut self, config_id: u32) -> usize {
        let mut others = 0;
        for number in 0..self.devices.len() {
            others += self.comes_to_have(number, config_id).await;
        }
        others
    }

    async fn change(&self, to: u32) {
        self.latest.lock().unwrap().0 = to;
        for number in 0..self.devices.len() {
            let endpoint_id = format!("ep-{number}").into();
            self.provider.publish(&ConfigUpdated { endpoint_id, ..ConfigUpdated::default() }).await;
        }
    }

    /// The same of one device.
    async fn comes_to_have(&mut self, number: usize, config_id: u32) -> usize {
        let mut others = 0;
        loop {
            let push = soon("a push", self.devices[number].next_push()).await.json::<Value>();
            if push["configId"] == *config_id.to_string() {
                return others;
            }
            others += 1;
        }
    }

    /// Changes the configuration until nobody is pushed it twice any more.
    async fn settles(&mut self, mut from: u32) {
        let settled = async {
            let mut in_a_row = 0;
            while in_a_row < 3 {
                from += 1;
                in_a_row = if self.round(from).await == 0 { in_a_row + 1 } else { 0 };
            }
        };
        soon("one replica for each observation", settled).await;
    }
}

async fn settle(ways: &[Way]) {
    let mut stage = Stage::start().await;
    let (mut victim, mut other) = stage.replicas(6).await;
    // These are had by either.
    stage.observe(6).await;
    stage.round(2).await;
    ways.iter().for_each(|way| stage.cable.cut(*way));
    if ways.contains(&Way::ToServer) {
        other.logged("a replica is silent").await;
    }
    if ways.contains(&Way::FromServer) {
        victim.logged("a replica is silent").await;
    }
    stage.change(3).await;
    if !ways.contains(&Way::ToServer) {
        // The one that hears nothing has claimed everything, and the other one has heard of it.
        stage.cable.mend();
    }
    stage.have(3).await;
    stage.cable.mend();
    stage.settles(3).await;
}

#[tokio::test]
async fn replicas_that_each_took_the_other_for_dead_settle_on_one_and_nobody_misses_a_configuration() {
    settle(&[Way::ToServer, Way::FromServer]).await;
}

#[tokio::test]
async fn a_replica_that_was_not_heard_gets_back_its_share_and_nobody_misses_a_configuration() {
    settle(&[Way::ToServer]).await;
}

#[tokio::test]
async fn a_replica_that_heard_nobody_settles_with_the_other_and_nobody_misses_a_configuration() {
    settle(&[Way::FromServer]).await;
}

#[tokio::test]
async fn a_configuration_that_was_held_back_is_replaced_by_the_one_that_overtook_it() {
    let mut stage = Stage::start().await;
    let (_victim, mut other) = stage.replicas(1).await;
    stage.round(2).await;
    // What the replica is told from now on nobody gets to know.
    stage.latest.lock().unwrap().1 = true;
    stage.change(3).await;
    other.logged("a replica is silent").await;
    stage.have(3).await;
    assert_eq!(stage.round(4).await, 0);
    stage.cable.mend();
    // Nothing changes any more.
    for config_id in [3, 4] {
        assert_eq!(stage.comes_to_have(0, config_id).await, 0);
    }
}
