//! Between the bus and the devices of a test: which answer is whose.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Clock, Message, RawSubject};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ExtensionData};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target};
use tokio::sync::{mpsc, oneshot};

use super::reply::TestReply;
use crate::counters::Tally;
use crate::extension::Extension;

/// How long a test waits for something that should happen; with paused time that is no time.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The most pushes a device of a test keeps unread.
const PUSHES: usize = 1024;

/// What a note that a test sends to itself begins with; no message does, whose first length would be negative.
pub(super) const NOTE: &[u8] = b"\xff note";

/// What the devices of a test share.
#[derive(Debug)]
pub(super) struct Switchboard {
    pub(super) bus: Bus,
    /// The connection of the extension, which may be the same.
    pub(super) served_on: Bus,
    pub(super) tally: Arc<Tally>,
    pub(super) clock: Clock,
    /// The communication service that is played.
    kpc: ServiceInstance,
    /// The extension under test.
    pub(super) extension: ServiceInstance,
    /// Where requests go that are not pinned.
    pub(super) service_wide: Subject,
    /// How often the communication service has been restarted.
    restarts: AtomicU64,
    requests: AtomicU64,
    /// Who waits for a note to come back.
    pub(super) notes: Mutex<HashMap<Bytes, oneshot::Sender<()>>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<TestReply>>>,
    devices: Mutex<HashMap<Option<String>, mpsc::Sender<TestReply>>>,
    /// Whether messages may come to harm on their way.
    is_unreliable: bool,
    /// How many have: they could not be decoded.
    malformed: AtomicU64,
}

impl Switchboard {
    pub(super) fn new(
        bus: Bus,
        served_on: Bus,
        clock: Clock,
        is_unreliable: bool,
        extension: &Extension,
    ) -> Self {
        let (tally, kpc) = (extension.tally.clone(), extension.communication_service.clone());
        let extension = extension.instance();
        Self {
            kpc,
            bus,
            served_on,
            tally,
            clock,
            extension: extension.clone(),
            service_wide: Subject::from(&esp::client_data_subject(Target::Service(extension.clone()))),
            restarts: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            notes: Mutex::default(),
            waiting: Mutex::default(),
            devices: Mutex::default(),
            is_unreliable,
            malformed: AtomicU64::new(0),
        }
    }

    /// Where the present replica of the communication service takes answers in.
    pub(super) fn return_path(&self) -> Subject {
        let replica = format!("test-kaa-{}", self.restarts());
        let replica: ReplicaId = replica.parse().expect("a replica ID");
        Subject::from(&esp::extension_data_subject(Target::Replica(replica)))
    }

    /// Everything the communication service listens on.
    pub(super) fn heard_on(&self) -> [Subject; 2] {
        let service_wide = esp::extension_data_subject(Target::Service(self.kpc.clone()));
        [Subject::from(&service_wide), self.return_path()]
    }

    pub(super) fn restarts(&self) -> u64 {
        self.restarts.load(Relaxed)
    }

    /// Another replica takes over, and knows nothing of what the last one waited for.
    pub(super) fn restart(&self) {
        self.restarts.fetch_add(1, Relaxed);
        lock(&self.waiting).clear();
    }

    /// How many messages could not be decoded.
    pub(super) fn malformed(&self) -> u64 {
        self.malformed.load(Relaxed)
    }

    /// A number for a request, of which no other request has it.
    pub(super) fn number(&self) -> u64 {
        self.requests.fetch_add(1, Relaxed)
    }

    /// A device comes: where its pushes arrive.
    pub(super) fn connect(&self, endpoint_id: Option<String>) -> mpsc::Receiver<TestReply> {
        let (sender, pushes) = mpsc::channel(PUSHES);
        lock(&self.devices).insert(endpoint_id, sender);
        pushes
    }

    /// Where the answer to this correlation ID arrives.
    pub(super) fn expect(&self, correlation_id: &str) -> oneshot::Receiver<TestReply> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).insert(correlation_id.to_owned(), sender);
        receiver
    }

    /// Nobody waits for that answer any more.
    pub(super) fn forget(&self, correlation_id: &str) {
        lock(&self.waiting).remove(correlation_id);
    }

    /// Gives an answer to whoever waits for it, and a push to the device it is about. An answer that nobody waits for,
    /// such as a second one, is dropped, as a real communication service does.
    pub(super) fn deliver(&self, message: &Message) {
        if message.no_responders.is_some() {
            // The extension is gone; whoever waits gets told by running out of patience.
            return;
        }
        if message.payload.starts_with(NOTE) {
            if let Some(waiting) = lock(&self.notes).remove(&message.payload) {
                // Who has lost patience does not listen any more.
                let _ = waiting.send(());
            }
            return;
        }
        let decoded = match ExtensionData::decode(&message.payload) {
            Ok(decoded) => decoded,
            Err(_) if self.is_unreliable => {
                self.malformed.fetch_add(1, Relaxed);
                return;
            }
            Err(error) => panic!("extensions send valid ExtensionData: {error}"),
        };
        let data = &decoded.record;
        let reply = TestReply::new(data, message.reply_to.clone().map(RawSubject::into_bytes));
        let waiting = lock(&self.waiting).remove(data.correlation_id);
        if let Some(waiting) = waiting {
            // The request may have been dropped by its test; then nobody wants the answer.
            let _ = waiting.send(reply);
        } else if data.request_id.is_none()
            && let Some(device) = lock(&self.devices).get(&data.endpoint_id.map(str::to_owned))
        {
            // A device that was dropped, or that lets its pushes pile up, misses them: as a real one.
            let _ = device.try_send(reply);
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use kaa_bus::faults::Faults;

    use crate::prelude::*;
    use crate::testing::{TestKaa, Venue};

    #[resource("/echo", crate = crate)]
    async fn echo(payload: Payload) -> Payload {
        payload
    }

    fn extension() -> Extension {
        Extension::new("ext").resources(resources![echo]).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_to_harm_on_its_way_is_counted_and_what_comes_after_it_is_heard() {
        let kaa = TestKaa::start_in(Venue::Unreliable(Faults::none(1)), extension()).await;
        let device = kaa.endpoint("ep-1");
        kaa.change_faults(|faults| faults.corrupt = Faults::ALWAYS);
        for _ in 0..50 {
            device.request("/echo").payload("a").send().await;
        }
        kaa.quiet().await;
        kaa.calm();
        device.request("/echo").payload("b").await.assert_text("b");
        assert!(kaa.malformed_answers() > 0, "{:?}", kaa.counters());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_answer_is_no_push() {
        let kaa = TestKaa::start_in(Venue::Process, extension()).await;
        let mut device = kaa.endpoint("ep-1");
        device.request("/echo").payload("a").twice().await.assert_text("a");
        assert_eq!(kaa.settled(2).await.answered, 2);
        device.assert_silence().await;
    }
}
