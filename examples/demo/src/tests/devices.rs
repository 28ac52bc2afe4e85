//! A device, with small stand-ins for the services behind the communication service.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::{Builder, Server};
use kaa_kpc::applications::ExtensionOptions;
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::Written;
use crate::device::Device;
use crate::summary::Tally;

const LONG: Duration = Duration::from_secs(30);

/// The ways back, by the resources they were asked at.
type Ways = Arc<Mutex<Vec<(&'static str, Session)>>>;

/// What the stand-ins heard: the resource and the payload.
#[derive(Clone, FromRef)]
struct Heard {
    told: mpsc::UnboundedSender<(&'static str, Value)>,
    sessions: Ways,
}

fn read(payload: &Payload) -> Value {
    serde_json::from_slice(&payload.0).unwrap_or(Value::Null)
}

#[resource("/json")]
async fn samples(State(heard): State<Heard>, payload: Payload) -> () {
    let _ = heard.told.send(("samples", read(&payload)));
}

#[resource("/json")]
async fn refused() -> Result<(), Failure> {
    Err(Failure::bad_request("the samples taste of \u{7}metal"))
}

#[resource("/json")]
async fn time() -> Json<Value> {
    Json(json!({ "timestamp": 1_490_262_793_349_u64 }))
}

#[resource("/config/json")]
async fn config(State(heard): State<Heard>, session: Session) -> Json<Value> {
    heard.sessions.lock().unwrap().push(("config", session));
    Json(json!({ "configId": "a", "config": { "sampling": 100 } }))
}

#[resource("/applied/json")]
async fn applied(State(heard): State<Heard>, payload: Payload) -> () {
    let _ = heard.told.send(("applied", read(&payload)));
}

#[resource("/command/{kind}")]
async fn command(State(heard): State<Heard>, kind: String, session: Session) -> Json<Value> {
    assert_eq!(kind, "blink");
    heard.sessions.lock().unwrap().push(("command", session));
    Json(json!([{ "id": 0, "payload": { "times": 2 } }]))
}

#[resource("/result/{kind}")]
async fn result(State(heard): State<Heard>, kind: String, payload: Payload) -> () {
    assert_eq!(kind, "blink");
    let _ = heard.told.send(("result", read(&payload)));
}

#[resource("/{extension}")]
async fn outcome(extension: ServiceInstance, State(heard): State<Heard>) -> Json<Value> {
    let _ = heard.told.send(("outcome", Value::from(extension.as_str())));
    Json(json!({ "statusCode": 200, "timestamp": 0 }))
}

#[resource("/update/keys")]
async fn metadata(State(heard): State<Heard>, payload: Payload) -> () {
    let _ = heard.told.send(("metadata", read(&payload)));
}

/// The communication service, stand-ins, and one device.
struct World {
    kpc: Kpc,
    servers: Vec<Server>,
    heard: mpsc::UnboundedReceiver<(&'static str, Value)>,
    /// What came before that which was waited for: extensions are told in no order.
    passed_over: Vec<(&'static str, Value)>,
    sessions: Ways,
    written: Written,
    stop: watch::Sender<bool>,
    device: tokio::task::JoinHandle<Tally>,
}

impl World {
    async fn new(dcx: impl FnOnce(Builder<Heard>) -> Builder<Heard>) -> Self {
        let bus = Bus::memory();
        let (told, heard) = mpsc::unbounded_channel();
        let sessions = Arc::default();
        let state = Heard { told, sessions: Arc::clone(&sessions) };
        let named = |name: &str| Extension::new(name).state(state.clone());
        let extensions = [
            dcx(named("dcx")),
            named("cmx").resources(resources![config, applied]),
            named("cex").resources(resources![command, result]),
            named("epmx").resources(resources![metadata]),
            named("rsx").resources(resources![outcome]),
            named("tsx").resources(resources![time]),
        ];
        let mut servers = Vec::new();
        for extension in extensions {
            servers.push(extension.build().unwrap().serve(bus.clone()).start().await.unwrap());
        }
        let anywhere: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut options = KpcOptions::trustful([ListenerOptions::new(Transport::Mqtt, anywhere)]);
        for name in ["dcx", "cmx", "cex", "epmx", "rsx", "tsx"] {
            let endpoint_aware = name != "tsx";
            let extension = ExtensionOptions { endpoint_aware, ..ExtensionOptions::default() };
            options.applications.extensions.insert(name.to_owned(), extension);
        }
        let kpc = Kpc::start(bus, options).await.unwrap();
        let written = Written::default();
        let (stop, is_over) = watch::channel(false);
        let mqtt = kpc.listening()[0].address;
        let device = tokio::spawn(Device::live("cellar", mqtt, written.transcript(), is_over));
        Self { kpc, servers, heard, passed_over: Vec::new(), sessions, written, stop, device }
    }

    /// The next thing that a stand-in is told of this kind.
    async fn told(&mut self, what: &str) -> Value {
        if let Some(place) = self.passed_over.iter().position(|(kind, _)| *kind == what) {
            return self.passed_over.remove(place).1;
        }
        let next = async {
            loop {
                let (kind, payload) = self.heard.recv().await.unwrap();
                if kind == what {
                    return payload;
                }
                self.passed_over.push((kind, payload));
            }
        };
        timeout(LONG, next).await.unwrap_or_else(|_| panic!("no {what}"))
    }

    async fn push(&self, what: &str, payload: Value) {
        let sessions = self.sessions.lock().unwrap().clone();
        let (_, session) = sessions.iter().find(|(asked, _)| *asked == what).unwrap();
        session.push(Json(payload)).await.unwrap();
    }

    /// Ends the device. What became of its requests, and what was to be read.
    async fn end(self) -> (Tally, String) {
        self.stop.send_replace(true);
        let tally = timeout(LONG, self.device).await.unwrap().unwrap();
        self.kpc.stop(Duration::from_secs(1)).await;
        for server in self.servers {
            server.stop().await.unwrap();
        }
        (tally, self.written.text())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_samples_applies_its_configuration_and_does_what_it_is_told() {
    let mut world = World::new(|dcx| dcx.resources(resources![samples])).await;
    let applied = world.told("applied").await;
    assert_eq!(applied, json!({ "configId": "a", "statusCode": 200 }));
    let blinked = |id, times| json!([{ "id": id, "statusCode": 200, "payload": { "blinked": times } }]);
    assert_eq!(world.told("result").await, blinked(0, 2));
    world.push("command", json!([{ "id": 1, "payload": { "times": 5 } }])).await;
    assert_eq!(world.told("result").await, blinked(1, 5));
    assert_eq!(world.told("samples").await.as_array().unwrap().len(), 3);
    world.push("config", json!({ "configId": "slow", "config": { "sampling": 400 } })).await;
    assert_eq!(world.told("applied").await, json!({ "configId": "slow", "statusCode": 200 }));
    let asked_about = world.told("outcome").await;
    assert!(asked_about == "dcx" || asked_about == "cmx", "{asked_about}");

    world.push("config", json!({ "configId": "b", "config": { "sampling": "often" } })).await;
    let refused = world.told("applied").await;
    assert_eq!((&refused["configId"], &refused["statusCode"]), (&json!("b"), &json!(400)));

    let (tally, text) = world.end().await;
    assert_eq!((tally.wrong, tally.unanswered, tally.pushes), (0, 0, 3), "{text}");
    assert_eq!(tally.requests, tally.answers);
    assert!(tally.confirmed >= 3 && tally.confirmed % 3 == 0, "{tally:?}");
    assert!(text.contains(r#"<= cmx /config/json {"config":{"sampling":"often"}"#), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_printed_and_counted() {
    let mut world = World::new(|dcx| dcx.resources(resources![refused])).await;
    world.told("result").await;
    let seen = async {
        while !world.written.text().contains("dcx /json") {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, seen).await.unwrap();
    let (tally, text) = world.end().await;
    assert!(tally.wrong >= 1 && tally.unanswered == 0 && tally.confirmed == 0, "{tally:?}");
    assert!(text.contains("400") && text.contains(r"the samples taste of \u{7}metal"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_a_wrong_answer() {
    let mut world = World::new(|dcx| dcx.resources(resources![samples])).await;
    world.told("samples").await;
    let dcx = world.servers.remove(0);
    dcx.stop().await.unwrap();
    let seen = async {
        while !world.written.text().contains(" 503 ") {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, seen).await.unwrap();
    let (tally, _) = world.end().await;
    assert!(tally.wrong >= 1 && tally.unanswered == 0, "{tally:?}");
}
