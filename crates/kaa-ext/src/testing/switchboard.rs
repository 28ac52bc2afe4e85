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
}

impl Switchboard {
    pub(super) fn new(bus: Bus, served_on: Bus, clock: Clock, extension: &Extension) -> Self {
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

    /// Gives a message to whoever waits for it, or to the device it is about.
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
        let decoded = ExtensionData::decode(&message.payload).expect("extensions send valid ExtensionData");
        let data = &decoded.record;
        let reply = TestReply::new(data, message.reply_to.clone().map(RawSubject::into_bytes));
        let waiting = lock(&self.waiting).remove(data.correlation_id);
        if let Some(waiting) = waiting {
            // The request may have been dropped by its test; then nobody wants the answer.
            let _ = waiting.send(reply);
        } else if let Some(device) = lock(&self.devices).get(&data.endpoint_id.map(str::to_owned)) {
            // A device that was dropped, or that lets its pushes pile up, misses them: as a real one.
            let _ = device.try_send(reply);
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
