//! The communication service of a test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Clock};
use kaa_protocol::esp;
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{SubjectFilter, Target};
use tokio::task::AbortHandle;

use super::device::Device;
use super::service::TestService;
use super::switchboard::{PATIENCE, Switchboard};
use crate::counters::{Counters, Tally};
use crate::extension::Extension;
use crate::serve::{Server, Stopped};

/// A Kaa of one extension and one communication service, in the process.
#[derive(Debug)]
pub struct TestKaa {
    server: Mutex<Option<Server>>,
    tally: Arc<Tally>,
    switchboard: Arc<Switchboard>,
    listener: AbortHandle,
}

impl Drop for TestKaa {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl TestKaa {
    /// Serves the extension on a bus of its own.
    pub async fn start(extension: Extension) -> Self {
        Self::start_on(Bus::memory(), extension).await
    }

    /// Serves the extension on this bus, beside whatever else is there.
    pub async fn start_on(bus: Bus, extension: Extension) -> Self {
        let clock = Clock::tokio();
        let kpc = extension.communication_service.clone();
        let switchboard = Arc::new(Switchboard::new(bus.clone(), clock, extension.instance()));
        let listener = Self::listen(switchboard.clone(), kpc).await;
        let tally = extension.tally.clone();
        let server = extension.serve(bus).clock(clock).start().await.expect("the extension starts");
        Self { server: Mutex::new(Some(server)), tally, switchboard, listener }
    }

    /// Takes in what extensions send to this communication service, on both of its subjects.
    async fn listen(switchboard: Arc<Switchboard>, kpc: ServiceInstance) -> AbortHandle {
        let bus = &switchboard.bus;
        let service_wide = SubjectFilter::from(&esp::extension_data_subject(Target::Service(kpc)));
        let mut service = bus.subscribe(service_wide, None).await.expect("the bus takes a subscription");
        let replica = bus.subscribe(&switchboard.return_path, None).await;
        let mut replica = replica.expect("the bus takes a subscription");
        let listener = tokio::spawn(async move {
            loop {
                let message = tokio::select! { m = service.next() => m, m = replica.next() => m };
                let Some(message) = message else { break };
                switchboard.deliver(&message);
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
        let pushes = self.switchboard.connect(endpoint_id.clone());
        Device::new(self.switchboard.clone(), endpoint_id, pushes)
    }

    /// Another service, to announce things, ask, answer and listen.
    pub fn service(&self, name: &str) -> TestService {
        let Switchboard { bus, clock, extension, .. } = &*self.switchboard;
        TestService::new(bus.clone(), *clock, name, extension.clone())
    }

    /// Publishes any bytes to the extension's service-wide subject: what a broken or hostile
    /// sender would do.
    pub async fn publish(&self, datum: impl Into<Bytes>, reply_to: Option<&str>) {
        let reply_to = reply_to.map(|text| text.parse().expect("a subject"));
        let subject = self.switchboard.service_wide.clone();
        self.switchboard
            .bus
            .publish(subject, reply_to, datum.into())
            .await
            .expect("the bus takes the message");
    }

    /// The bus, to listen on or to speak on.
    pub fn bus(&self) -> &Bus {
        &self.switchboard.bus
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
        let server = self
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .expect("the extension is stopped once");
        server.stop().await.expect("the extension stops")
    }
}
