//! Replicas of this service on one bus, a device, and a provider that does what it likes.

mod hints;
mod limits;
mod provider;
mod replicas;
mod resources;
mod settings;
mod succession;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaa_ext::Config;
use kaa_ext::bus::MemoryServer;
use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};
use kaa_ext::testing::{Answering, Device, TestKaa, TestRequest, TestService};
use serde_json::json;

use crate::{Running, Settings, start};

/// A Kaa with replicas of this service, a communication service and a provider.
pub(super) struct Stage {
    pub(super) kaa: TestKaa,
    pub(super) provider: TestService,
    pub(super) store: Store,
    pub(super) replicas: Vec<Replica>,
    bus_server: MemoryServer,
    settings: Settings,
    answering: Option<Answering<ConfigRequest>>,
}

/// One replica, with a connection of its own.
pub(super) struct Replica {
    bus: Bus,
    running: Running,
}

impl Replica {
    /// Ends as it does when it is told to.
    pub(super) async fn stop(self) {
        self.running.stop(Duration::from_secs(20)).await.unwrap();
        self.bus.close(Duration::from_secs(1)).await.unwrap();
    }

    /// Ends without a word.
    pub(super) async fn die(self) {
        // In no time nothing can be said any more.
        let _ = self.bus.close(Duration::ZERO).await;
    }
}

/// What the provider has, by endpoint and name; and whether it says no.
#[derive(Clone, Default)]
pub(super) struct Store(Arc<Mutex<Shelf>>);

#[derive(Default)]
pub(super) struct Shelf {
    pub(super) configs: HashMap<(String, Option<String>), (String, String)>,
    pub(super) asked: Vec<Option<String>>,
    /// What it answers to the next requests instead.
    pub(super) instead: Vec<ConfigResponse>,
}

impl Store {
    pub(super) fn set(&self, endpoint: &str, name: Option<&str>, id: &str, config: &str) {
        let key = (endpoint.to_owned(), name.map(str::to_owned));
        self.0.lock().unwrap().configs.insert(key, (id.to_owned(), config.to_owned()));
    }

    pub(super) fn answer_instead(&self, response: ConfigResponse) {
        self.0.lock().unwrap().instead.push(response);
    }

    /// How often it was asked so far.
    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }

    fn respond(&self, request: &ConfigRequest) -> ConfigResponse {
        let mut shelf = self.0.lock().unwrap();
        shelf.asked.push(request.config_id.as_ref().map(ToString::to_string));
        if !shelf.instead.is_empty() {
            return shelf.instead.remove(0);
        }
        let name = request.config_name.as_ref().map(ToString::to_string);
        match shelf.configs.get(&(request.endpoint_id.to_string(), name)) {
            None => request.response(Outcome { status: 404, reason: "nothing assigned" }),
            Some((id, _)) if request.config_id.as_deref() == Some(id) => request.response(Outcome::OK),
            Some((id, config)) => ConfigResponse {
                config_id: Some(id.as_str().into()),
                content: Some(config.clone().into()),
                ..request.response(Outcome::OK)
            },
        }
    }
}

pub(super) fn config(replica: usize, settings: Settings) -> Config<Settings> {
    let mut config = Config::default();
    config.service.instance.replica_id = Some(format!("cmx-{replica}").parse().unwrap());
    config.extension = settings;
    config
}

impl Stage {
    pub(super) async fn of(replicas: usize) -> Self {
        Self::with(replicas, Settings::default()).await
    }

    pub(super) async fn with(replicas: usize, settings: Settings) -> Self {
        // The stage without the extension: its replicas come as they come in operation, with all that
        // stands beside them.
        let bus_server = MemoryServer::new();
        let kaa = TestKaa::start_on(bus_server.connect(), Extension::new("cmx").build().unwrap()).await;
        kaa.stop().await;
        let provider = kaa.service("cdp");
        let (store, answering) = (Store::default(), None);
        let mut stage = Self { kaa, provider, store, replicas: Vec::new(), bus_server, settings, answering };
        stage.provider_comes().await;
        for replica in 0..replicas {
            let replica = stage.replica(replica).await;
            stage.replicas.push(replica);
        }
        stage
    }

    /// One more replica.
    pub(super) async fn replica(&self, number: usize) -> Replica {
        let bus = self.bus_server.connect();
        let running = start(bus.clone(), config(number, self.settings.clone())).await.unwrap();
        Replica { bus, running }
    }

    pub(super) async fn provider_comes(&mut self) {
        let store = self.store.clone();
        self.answering =
            Some(self.provider.answer(move |request: ConfigRequest| store.respond(&request)).await);
    }

    pub(super) fn provider_goes(&mut self) {
        self.answering = None;
    }

    /// A request to one of the replicas, as if the session were with it.
    pub(super) fn ask<'a>(
        &self,
        replica: usize,
        device: &'a Device,
        body: serde_json::Value,
    ) -> TestRequest<'a> {
        device.request("/config/json").json(body).to_replica(&format!("cmx-{replica}"))
    }

    pub(super) async fn hint(&self, endpoint: &str) {
        let event = ConfigUpdated { endpoint_id: endpoint.into(), ..ConfigUpdated::default() };
        self.provider.publish(&event).await;
    }

    /// The pushes of all replicas that are there.
    pub(super) fn pushed(&self) -> u64 {
        self.replicas.iter().map(|replica| replica.running.counters().pushed).sum()
    }

    /// Lets everything happen that is going to happen by itself.
    pub(super) async fn quiet(&self) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

pub(super) fn is(id: &str, config: &serde_json::Value) -> serde_json::Value {
    json!({ "configId": id, "config": config })
}
