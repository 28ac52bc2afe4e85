//! Devices that send batches for as long as they are let, each batch once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use kaa_tests::device::Device;
use kaa_tests::http::try_post;
use kaa_tests::kpc::Kpc;
use kaa_tests::patience::soon;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many samples a batch has.
pub(crate) const SAMPLES: usize = 3;

/// Where devices connect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    mqtt: SocketAddr,
    http: SocketAddr,
}

impl Door {
    pub(crate) fn of(kpc: &Kpc) -> Self {
        Self { mqtt: kpc.address("mqtt"), http: kpc.address("http") }
    }
}

/// What became of the batches, by their names: the status code; `None` for those without an answer.
pub(crate) type Fates = BTreeMap<String, Option<u16>>;

/// Devices at work.
pub(crate) struct Load {
    devices: JoinSet<()>,
    ledger: Arc<Ledger>,
}

/// What all devices know.
struct Ledger {
    fates: Mutex<Fates>,
    confirmed: watch::Sender<usize>,
    /// `None` while something is being killed: who was refused waits for the end of that.
    door: watch::Sender<Option<Door>>,
    stop: watch::Sender<bool>,
}

impl Load {
    pub(crate) fn start(door: Door, mqtt: usize, http: usize) -> Self {
        let ledger = Arc::new(Ledger {
            fates: Mutex::default(),
            confirmed: watch::Sender::new(0),
            door: watch::Sender::new(Some(door)),
            stop: watch::Sender::new(false),
        });
        let mut devices = JoinSet::new();
        for number in 0..mqtt {
            devices.spawn(by_mqtt(format!("mqtt-{number}"), Arc::clone(&ledger)));
        }
        for number in 0..http {
            devices.spawn(by_http(format!("http-{number}"), Arc::clone(&ledger)));
        }
        Self { devices, ledger }
    }

    /// Tells devices that have to connect, or were refused, to wait.
    pub(crate) fn close_door(&self) {
        self.ledger.door.send_replace(None);
    }

    pub(crate) fn open_door(&self, door: Door) {
        self.ledger.door.send_replace(Some(door));
    }

    /// Waits until so many further batches got 200.
    pub(crate) async fn goes_on(&self, what: &str, further: usize) {
        let mut confirmed = self.ledger.confirmed.subscribe();
        let wanted = *confirmed.borrow_and_update() + further;
        soon(what, confirmed.wait_for(|confirmed| *confirmed >= wanted)).await.unwrap();
    }

    /// No new batches; what became of all there were.
    pub(crate) async fn stop(self) -> Fates {
        let Self { mut devices, ledger } = self;
        ledger.stop.send_replace(true);
        while let Some(ended) = soon("the devices to end", devices.join_next()).await {
            ended.unwrap();
        }
        let fates = ledger.fates.lock().unwrap();
        fates.clone()
    }
}

impl Ledger {
    async fn door(&self) -> Door {
        let mut door = self.door.subscribe();
        door.wait_for(Option::is_some).await.unwrap().unwrap()
    }

    fn is_over(&self) -> bool {
        *self.stop.borrow()
    }

    /// Notes what became of a batch; whether it was confirmed.
    fn note(&self, batch: String, fate: Option<u16>) -> bool {
        let before = self.fates.lock().unwrap().insert(batch, fate);
        assert_eq!(before, None, "a batch is sent once");
        if fate == Some(200) {
            self.confirmed.send_modify(|confirmed| *confirmed += 1);
        }
        fate == Some(200)
    }
}

/// The samples of a batch, each like no other.
fn payload(batch: &str) -> String {
    let samples: Vec<_> =
        (0..SAMPLES).map(|number| format!(r#"{{"batch":"{batch}","sample":{number}}}"#)).collect();
    format!("[{}]", samples.join(","))
}

async fn by_http(name: String, ledger: Arc<Ledger>) {
    let mut batches = (0..).map(|number: u32| format!("{name}/{number}"));
    while !ledger.is_over() {
        let door = ledger.door().await;
        let batch = batches.next().unwrap();
        let path = format!("/kp1/av/dcx/{name}/json");
        let answer = soon("HTTP", try_post(door.http, &path, &payload(&batch))).await;
        ledger.note(batch, answer.map(|answer| answer.status));
    }
}

async fn by_mqtt(name: String, ledger: Arc<Ledger>) {
    let mut number = 0;
    while !ledger.is_over() {
        let door = ledger.door().await;
        // It may be killed before it is connected to.
        let Ok(mut device) = Device::try_connect(door.mqtt, &name).await else { continue };
        while !ledger.is_over() {
            number += 1;
            let batch = format!("{name}/{number}");
            let topic = format!("dcx/{name}/json/{number}");
            let answer = device.try_asks(&topic, &payload(&batch)).await;
            let is_over = answer.is_none();
            let fate = answer.map(|(heard, payload)| status(&topic, &heard, &payload));
            if !ledger.note(batch, fate) {
                ledger.door().await;
            }
            if is_over {
                break;
            }
        }
    }
}

/// The status code that an answer stands for.
fn status(topic: &str, heard: &str, payload: &str) -> u16 {
    if heard == format!("{topic}/status") {
        return 200;
    }
    assert_eq!(heard, format!("{topic}/error"), "{payload}");
    let error: Value = serde_json::from_str(payload).unwrap();
    u16::try_from(error["statusCode"].as_u64().unwrap()).unwrap()
}
