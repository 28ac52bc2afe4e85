//! What goes wrong around an extension under test.

use std::time::Duration;

use kaa_bus::faults::Faults;

use super::communication::TestKaa;

/// What goes wrong. The whole bus goes away in the process and on a nats-server; single messages get lost where
/// the test takes place in [`Venue::Unreliable`](super::Venue::Unreliable).
impl TestKaa {
    /// Takes the bus away, as a nats-server that is killed; returns when the connection is lost.
    ///
    /// # Panics
    ///
    /// When the test has brought its own bus, or takes place in [`Venue::Unreliable`](super::Venue::Unreliable).
    pub async fn bus_goes_away(&self) {
        self.place.go_away(self.bus()).await;
    }

    /// Brings the bus back; returns when the connection is there again, with all subscriptions.
    ///
    /// # Panics
    ///
    /// As [`bus_goes_away`](Self::bus_goes_away).
    pub async fn bus_comes_back(&self) {
        self.place.come_back(self.bus()).await;
    }

    /// Ends the replica of the communication service and starts another, with another ID: nobody listens where
    /// extensions were told to answer, who waits for an answer waits in vain, and no device is pinned any more.
    ///
    /// ```
    /// use kaa_ext::prelude::*;
    /// use kaa_ext::testing::TestKaa;
    ///
    /// #[resource("/observe")]
    /// async fn observe(session: Session) -> () {
    ///     session.pin();
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kaa_ext::BuildError> {
    /// let kaa = TestKaa::start(Extension::new("cmx").resources(resources![observe]).build()?).await;
    /// let device = kaa.endpoint("ep-1");
    /// device.request("/observe").await.assert_status(200);
    /// device.assert_pinned();
    ///
    /// kaa.communication_service_restarts().await;
    /// device.assert_not_pinned();
    /// device.request("/observe").await.assert_status(200);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn communication_service_restarts(&self) {
        self.hang_up().await;
        self.switchboard.restart();
        self.listen().await;
    }

    /// Loses every message between the extension and the test from now on, both ways.
    ///
    /// # Panics
    ///
    /// As those below, when the test does not take place in [`Venue::Unreliable`](super::Venue::Unreliable).
    pub fn lose_messages(&self) {
        self.change_faults(|faults| faults.drop = Faults::ALWAYS);
    }

    /// Delivers every message twice from now on.
    ///
    /// # Panics
    ///
    /// As [`lose_messages`](Self::lose_messages).
    pub fn duplicate_messages(&self) {
        self.change_faults(|faults| faults.duplicate = Faults::ALWAYS);
    }

    /// Lets every message take up to this time from the sender to the server, and as much from there.
    ///
    /// # Panics
    ///
    /// As [`lose_messages`](Self::lose_messages).
    pub fn delay_messages(&self, by: Duration) {
        self.change_faults(|faults| faults.latency = by);
    }

    /// Changes what goes wrong, and how often.
    ///
    /// # Panics
    ///
    /// As [`lose_messages`](Self::lose_messages).
    pub fn change_faults(&self, change: impl FnOnce(&mut Faults)) {
        self.place.faulty().change(change);
    }

    /// Lets nothing go wrong any more, and mends what has: connections come back, messages only take their time.
    ///
    /// # Panics
    ///
    /// As [`lose_messages`](Self::lose_messages).
    pub fn calm(&self) {
        self.place.faulty().calm();
    }
}
