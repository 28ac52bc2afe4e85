//! The communication service of a test.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Message};
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{self, ExtensionData};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Subject, SubjectFilter, Target};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::device::{Device, TestReply};
use crate::counters::{Counters, Tally};
use crate::extension::Extension;
use crate::serve::{Server, Stopped};
use crate::time::Clock;

/// How long a test waits for something that should happen; with paused time that is no time.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The most pushes a device of a test keeps unread.
const PUSHES: usize = 1024;

/// A Kaa of one extension and one communication service, in the process.
#[derive(Debug)]
pub struct TestKaa {
    server: Mutex<Option<Server>>,
    tally: Arc<Tally>,
    shared: Arc<Shared>,
    listener: AbortHandle,
}

impl Drop for TestKaa {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// What the devices of a test share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) bus: Bus,
    pub(super) clock: Clock,
    pub(super) service_wide: Subject,
    pub(super) return_path: Subject,
    waiting: Mutex<HashMap<String, oneshot::Sender<TestReply>>>,
    devices: Mutex<HashMap<Option<String>, mpsc::Sender<TestReply>>>,
}

impl TestKaa {
    /// Serves the extension on a bus of its own.
    pub async fn start(extension: Extension) -> Self {
        Self::start_on(Bus::memory(), extension).await
    }

    /// Serves the extension on this bus, beside whatever else is there.
    pub async fn start_on(bus: Bus, extension: Extension) -> Self {
        let clock = Clock::tokio();
        let replica = ReplicaId::from_static("test-kaa-0");
        let kpc = extension.communication_service.clone();
        let instance = extension.instance().clone();
        let return_path = esp::extension_data_subject(Target::Replica(replica));
        let shared = Arc::new(Shared {
            bus: bus.clone(),
            clock,
            service_wide: Subject::from(&esp::client_data_subject(Target::Service(instance))),
            return_path: Subject::from(&return_path),
            waiting: Mutex::default(),
            devices: Mutex::default(),
        });
        let listener = Self::listen(&bus, shared.clone(), kpc).await;
        let tally = extension.tally.clone();
        let server = extension.serve(bus).clock(clock).start().await.expect("the extension starts");
        Self { server: Mutex::new(Some(server)), tally, shared, listener }
    }

    /// Takes in what extensions send to this communication service, on both of its subjects.
    async fn listen(bus: &Bus, shared: Arc<Shared>, kpc: ServiceInstance) -> AbortHandle {
        let service_wide = SubjectFilter::from(&esp::extension_data_subject(Target::Service(kpc)));
        let mut service = bus.subscribe(service_wide, None).await.expect("the bus takes a subscription");
        let mut replica =
            bus.subscribe(shared.return_path.clone(), None).await.expect("the bus takes a subscription");
        let listener = tokio::spawn(async move {
            loop {
                let message = tokio::select! { m = service.next() => m, m = replica.next() => m };
                let Some(message) = message else { break };
                shared.deliver(&message);
            }
        });
        listener.abort_handle()
    }

    /// A device with this endpoint ID.
    pub fn endpoint(&self, id: &str) -> Device {
        self.device(Some(id.to_owned()))
    }

    /// A device of an endpoint-unaware extension: its requests carry no endpoint ID.
    pub fn without_endpoint(&self) -> Device {
        self.device(None)
    }

    fn device(&self, endpoint_id: Option<String>) -> Device {
        let (sender, pushes) = mpsc::channel(PUSHES);
        lock(&self.shared.devices).insert(endpoint_id.clone(), sender);
        Device::new(self.shared.clone(), endpoint_id, pushes)
    }

    /// Publishes any bytes to the extension's service-wide subject: what a broken or hostile
    /// sender would do.
    pub async fn publish(&self, datum: impl Into<Bytes>, reply_to: Option<&str>) {
        let reply_to = reply_to.map(|text| text.parse().expect("a subject"));
        let subject = self.shared.service_wide.clone();
        self.shared.bus.publish(subject, reply_to, datum.into()).await.expect("the bus takes the message");
    }

    /// The bus, to listen on or to speak on.
    pub fn bus(&self) -> &Bus {
        &self.shared.bus
    }

    /// What became of the messages so far.
    pub fn counters(&self) -> Counters {
        self.tally.snapshot()
    }

    /// The same once `received` messages have arrived and nothing is in flight.
    pub async fn settled(&self, received: u64) -> Counters {
        let settled = async {
            // Looking again takes a moment of tokio's time, so that paused time can pass.
            let mut look = tokio::time::interval(Duration::from_millis(1));
            loop {
                look.tick().await;
                let counters = self.counters();
                if counters.received >= received && counters.in_flight() == 0 {
                    return counters;
                }
            }
        };
        tokio::time::timeout(PATIENCE, settled)
            .await
            .unwrap_or_else(|_| panic!("{received} messages were to be settled: {:?}", self.counters()))
    }

    /// Stops the extension gracefully; the devices stay and get its last answers.
    pub async fn stop(&self) -> Stopped {
        let server = lock(&self.server).take().expect("the extension is stopped once");
        server.stop().await.expect("the extension stops")
    }
}

impl Shared {
    /// Waits for the answer to this correlation ID.
    pub(super) fn expect(&self, correlation_id: &str) -> oneshot::Receiver<TestReply> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).insert(correlation_id.to_owned(), sender);
        receiver
    }

    pub(super) fn forget(&self, correlation_id: &str) {
        lock(&self.waiting).remove(correlation_id);
    }

    fn deliver(&self, message: &Message) {
        if message.no_responders {
            // The extension is gone; whoever waits gets told by running out of patience.
            return;
        }
        let decoded = ExtensionData::decode(&message.payload).expect("extensions send valid ExtensionData");
        let reply = TestReply::new(&decoded.record, message.reply_to.clone());
        let waiting = lock(&self.waiting).remove(decoded.record.correlation_id);
        if let Some(waiting) = waiting {
            // The request may have been dropped by its test; then nobody wants the answer.
            let _ = waiting.send(reply);
        } else if let Some(device) = lock(&self.devices).get(&decoded.record.endpoint_id.map(str::to_owned)) {
            // A device that was dropped, or that lets its pushes pile up, misses them: as a real one.
            let _ = device.try_send(reply);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
