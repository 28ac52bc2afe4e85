//! Between the bus and the devices of a test: which answer is whose.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_bus::{Bus, Clock, Message, RawSubject};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ExtensionData};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target};
use tokio::sync::{mpsc, oneshot};

use super::reply::TestReply;

/// How long a test waits for something that should happen; with paused time that is no time.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The most pushes a device of a test keeps unread.
const PUSHES: usize = 1024;

/// The replica of the communication service that a test plays.
const REPLICA: ReplicaId = ReplicaId::from_static("test-kaa-0");

/// What the devices of a test share.
#[derive(Debug)]
pub(super) struct Switchboard {
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    /// The extension under test.
    pub(super) extension: ServiceInstance,
    /// Where requests go that are not pinned.
    pub(super) service_wide: Subject,
    /// Where answers are to come.
    pub(super) return_path: Subject,
    requests: AtomicU64,
    waiting: Mutex<HashMap<String, oneshot::Sender<TestReply>>>,
    devices: Mutex<HashMap<Option<String>, mpsc::Sender<TestReply>>>,
}

impl Switchboard {
    pub(super) fn new(bus: Bus, clock: Clock, extension: &ServiceInstance) -> Self {
        Self {
            bus,
            clock,
            extension: extension.clone(),
            service_wide: Subject::from(&esp::client_data_subject(Target::Service(extension.clone()))),
            return_path: Subject::from(&esp::extension_data_subject(Target::Replica(REPLICA))),
            requests: AtomicU64::new(0),
            waiting: Mutex::default(),
            devices: Mutex::default(),
        }
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
