//! Devices that send batches for as long as they are let, each batch once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::device::Device;
use crate::http::try_post;
use crate::kpc::Kpc;
use crate::patience::soon;

/// How many samples a batch has.
pub const SAMPLES: usize = 3;

/// How long the communication service may take to find back to its server, and sessions may end meanwhile.
const RECOVERY: Duration = Duration::from_secs(1);

/// Where devices connect.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    mqtt: SocketAddr,
    http: SocketAddr,
}

impl Door {
    /// That of this replica.
    ///
    /// # Panics
    ///
    /// When it does not listen for both.
    pub fn of(kpc: &Kpc) -> Self {
        Self { mqtt: kpc.address("mqtt"), http: kpc.address("http") }
    }
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// The status code; `None` without an answer.
    pub code: Option<u16>,
    /// How long the device waited, without the time in which the communication service stood still.
    pub took: Duration,
    /// Whether its session may have ended meanwhile: the communication service died, or had nobody to confirm to it
    /// that a message was taken, which ends an MQTT session (the device is to send again).
    pub bereaved: bool,
}

/// What became of all of them.
#[derive(Debug, Clone, Default)]
pub struct Fates {
    /// By the names of the batches.
    pub batches: BTreeMap<String, Fate>,
    /// Messages to devices that were no answer to what they waited for: second answers.
    pub strays: Vec<String>,
}

/// Devices at work.
#[derive(Debug)]
pub struct Load {
    devices: JoinSet<()>,
    ledger: Arc<Ledger>,
}

/// What all devices know.
#[derive(Debug)]
struct Ledger {
    fates: Mutex<Fates>,
    confirmed: watch::Sender<usize>,
    refused: watch::Sender<usize>,
    /// `None` while something is being killed: who was refused waits for the end of that.
    door: watch::Sender<Option<Door>>,
    stop: watch::Sender<bool>,
    /// The end of the last outage of the communication service, or of the server it speaks to.
    outage: Mutex<Option<Instant>>,
    /// When it went on after it had stood still.
    thawed: Mutex<Option<Instant>>,
}

impl Load {
    /// Begins with so many devices of each kind.
    pub fn start(door: Door, mqtt: usize, http: usize) -> Self {
        let ledger = Arc::new(Ledger {
            fates: Mutex::default(),
            confirmed: watch::Sender::new(0),
            refused: watch::Sender::new(0),
            door: watch::Sender::new(Some(door)),
            stop: watch::Sender::new(false),
            outage: Mutex::default(),
            thawed: Mutex::default(),
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
    pub fn close_door(&self) {
        self.ledger.door.send_replace(None);
    }

    /// Lets them in.
    pub fn open_door(&self, door: Door) {
        self.ledger.door.send_replace(Some(door));
    }

    /// Notes that sessions may end from now on.
    pub fn outage_begins(&self) {
        self.ledger.set_outage(Instant::now() + Duration::from_secs(3600));
    }

    /// Notes that what ended sessions is back.
    pub fn outage_ends(&self) {
        self.ledger.set_outage(Instant::now() + RECOVERY);
    }

    /// Notes that the communication service stood still until now.
    pub fn thaw(&self) {
        *self.ledger.thawed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How many batches got 200 so far.
    pub fn confirmed(&self) -> usize {
        *self.ledger.confirmed.borrow()
    }

    /// Waits until so many further batches got 200.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub async fn goes_on(&self, what: &str, further: usize) {
        grows(what, &self.ledger.confirmed, further).await;
    }

    /// Waits until so many further batches got something else, or nothing.
    ///
    /// # Panics
    ///
    /// When they do not.
    pub async fn suffers(&self, what: &str, further: usize) {
        grows(what, &self.ledger.refused, further).await;
    }

    /// No new batches; what became of all there were.
    ///
    /// # Panics
    ///
    /// When a device does not come to its end.
    pub async fn stop(self) -> Fates {
        let Self { mut devices, ledger } = self;
        ledger.stop.send_replace(true);
        while let Some(ended) = soon("the devices to end", devices.join_next()).await {
            ended.unwrap();
        }
        let fates = ledger.fates.lock().unwrap_or_else(PoisonError::into_inner);
        fates.clone()
    }
}

async fn grows(what: &str, count: &watch::Sender<usize>, by: usize) {
    let mut count = count.subscribe();
    let wanted = *count.borrow_and_update() + by;
    soon(what, count.wait_for(|count| *count >= wanted)).await.unwrap();
}

/// A batch that was sent.
struct Sent {
    at: Instant,
    /// The last sign of life before it.
    alive: Instant,
}

impl Ledger {
    async fn door(&self) -> Door {
        let mut door = self.door.subscribe();
        door.wait_for(Option::is_some).await.unwrap().unwrap()
    }

    fn is_over(&self) -> bool {
        *self.stop.borrow()
    }

    fn set_outage(&self, end: Instant) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }

    /// Whether there was an outage after this.
    fn was_out_since(&self, alive: Instant) -> bool {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|end| end > alive)
    }

    /// Notes what became of a batch; whether it was confirmed.
    fn note(&self, batch: String, sent: &Sent, code: Option<u16>) -> bool {
        let thawed = *self.thawed.lock().unwrap_or_else(PoisonError::into_inner);
        let took = thawed.map_or(sent.at, |thawed| thawed.max(sent.at)).elapsed();
        let fate = Fate { code, took, bereaved: self.was_out_since(sent.alive) };
        let before = self.fates.lock().unwrap_or_else(PoisonError::into_inner).batches.insert(batch, fate);
        assert_eq!(before, None, "a batch is sent once");
        let is_confirmed = code == Some(200);
        let count = if is_confirmed { &self.confirmed } else { &self.refused };
        count.send_modify(|count| *count += 1);
        is_confirmed
    }

    fn stray(&self, heard: String) {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner).strays.push(heard);
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
        // Before the door: what fails after this has failed meanwhile.
        let alive = Instant::now();
        let door = ledger.door().await;
        let batch = batches.next().unwrap();
        let path = format!("/kp1/av/dcx/{name}/json");
        let sent = Sent { at: Instant::now(), alive };
        let answer = soon("HTTP", try_post(door.http, &path, &payload(&batch))).await;
        ledger.note(batch, &sent, answer.map(|answer| answer.status));
    }
}

async fn by_mqtt(name: String, ledger: Arc<Ledger>) {
    let mut number = 0;
    while !ledger.is_over() {
        let mut alive = Instant::now();
        let door = ledger.door().await;
        // It may be killed before it is connected to.
        let Ok(mut device) = Device::try_connect(door.mqtt, &name).await else { continue };
        let mut is_connected = true;
        while is_connected && !ledger.is_over() {
            number += 1;
            let batch = format!("{name}/{number}");
            let topic = format!("dcx/{name}/json/{number}");
            let sent = Sent { at: Instant::now(), alive };
            let mut answer = device.try_asks(&topic, &payload(&batch)).await;
            let code = loop {
                let Some((heard, said)) = answer else { break None };
                match status(&topic, &heard, &said) {
                    Some(code) => break Some(code),
                    None => ledger.stray(format!("{heard} {said}, before the answer to {topic}")),
                }
                answer = device.try_hears().await;
            };
            is_connected = code.is_some();
            let is_confirmed = ledger.note(batch, &sent, code);
            alive = Instant::now();
            if !is_confirmed {
                ledger.door().await;
            }
        }
        for (heard, said) in device.last_words().await {
            ledger.stray(format!("{heard} {said}, after the last answer"));
        }
    }
}

/// The status code that an answer to `topic` stands for.
fn status(topic: &str, heard: &str, payload: &str) -> Option<u16> {
    if heard == format!("{topic}/status") {
        return Some(200);
    }
    if heard != format!("{topic}/error") {
        return None;
    }
    let error: Value = serde_json::from_str(payload).unwrap();
    Some(u16::try_from(error["statusCode"].as_u64().unwrap()).unwrap())
}
