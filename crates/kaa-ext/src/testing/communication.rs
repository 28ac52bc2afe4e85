//! The communication service of a test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kaa_bus::{Bus, Clock};
use kaa_protocol::subject::SubjectFilter;
use tokio::task::JoinHandle;

use super::device::Device;
use super::service::TestService;
use super::switchboard::{PATIENCE, Switchboard};
use super::venue::{Place, Venue};
use crate::counters::Counters;
use crate::extension::Extension;
use crate::serve::{Server, Stopped};

/// A Kaa of one extension and one communication service.
#[derive(Debug)]
pub struct TestKaa {
    server: Mutex<Option<Server>>,
    pub(super) switchboard: Arc<Switchboard>,
    listener: Mutex<Option<JoinHandle<()>>>,
    // Behind everything that is connected to it.
    pub(super) place: Place,
}

impl Drop for TestKaa {
    fn drop(&mut self) {
        if let Some(listener) = self.listener() {
            listener.abort();
        }
    }
}

impl TestKaa {
    /// Serves the extension on a bus of its own: in the process, or on a nats-server when the environment
    /// [names one](Venue::from_environment).
    pub async fn start(extension: Extension) -> Self {
        Self::start_in(Venue::from_environment(), extension).await
    }

    /// Serves the extension in this place, whatever the environment says.
    pub async fn start_in(venue: Venue, extension: Extension) -> Self {
        let clock = Clock::tokio();
        let (place, served_on, bus) = venue.open(clock).await;
        Self::serve(place, clock, served_on, bus, extension).await
    }

    /// Serves the extension on this bus, beside whatever else is there.
    ///
    /// On a server that others use as well, they hear what this test says: an extension of the same name there
    /// shares its requests.
    pub async fn start_on(bus: Bus, extension: Extension) -> Self {
        Self::serve(Place::Elsewhere, Clock::tokio(), bus.clone(), bus, extension).await
    }

    async fn serve(place: Place, clock: Clock, served_on: Bus, bus: Bus, extension: Extension) -> Self {
        let is_unreliable = matches!(place, Place::Unreliable(_));
        let switchboard = Switchboard::new(bus, served_on.clone(), clock, is_unreliable, &extension);
        let switchboard = Arc::new(switchboard);
        let kaa = Self { server: Mutex::default(), switchboard, listener: Mutex::default(), place };
        kaa.listen().await;
        let server = extension.serve(served_on).clock(clock).start().await.expect("the extension starts");
        *kaa.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        kaa
    }

    /// Takes in what extensions send to this communication service, on both of its subjects.
    pub(super) async fn listen(&self) {
        let switchboard = self.switchboard.clone();
        let [service_wide, replica] = switchboard.heard_on();
        let bus = &switchboard.bus;
        let service = bus.subscribe(SubjectFilter::from(&service_wide), None).await;
        let mut service = service.expect("the bus takes a subscription");
        let replica = bus.subscribe(SubjectFilter::from(&replica), None).await;
        let mut replica = replica.expect("the bus takes a subscription");
        let listener = tokio::spawn(async move {
            loop {
                let message = tokio::select! { m = service.next() => m, m = replica.next() => m };
                let Some(message) = message else { break };
                switchboard.deliver(&message);
            }
        });
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Takes in nothing any more.
    pub(super) async fn hang_up(&self) {
        let Some(listener) = self.listener() else { return };
        listener.abort();
        // Its subscriptions are gone when it has ended, which it was told to.
        let _ = listener.await;
        self.bus().fence(PATIENCE).await.expect("the bus is there");
    }

    fn listener(&self) -> Option<JoinHandle<()>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).take()
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
        TestService::new(self.switchboard.clone(), name)
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

    /// The bus, to listen on or to speak on. The extension is on the same connection, but in
    /// [`Venue::Unreliable`].
    pub fn bus(&self) -> &Bus {
        &self.switchboard.bus
    }

    /// What became of the messages so far.
    pub fn counters(&self) -> Counters {
        self.switchboard.tally.snapshot()
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

    /// How many messages came to the communication service that could not be decoded, where
    /// [some do](Self::change_faults) ([`Faults::corrupt`](kaa_bus::faults::Faults::corrupt)).
    pub fn malformed_answers(&self) -> u64 {
        self.switchboard.malformed()
    }

    /// Waits until nothing is on its way any more: what was sent has come, what came is done with, and what the
    /// extension said of it has come back.
    ///
    /// # Panics
    ///
    /// When the extension is busy for a minute, or the bus is away.
    pub async fn quiet(&self) {
        self.switchboard.quiet().await;
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
