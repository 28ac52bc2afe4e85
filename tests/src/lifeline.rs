//! A connection that can be cut: what a server sees of a client that is killed.

use std::time::Duration;

use kaa_bus::{Bus, NatsOptions};

use crate::cable::Cable;
use crate::patience::soon;
use crate::venue::Venue;

/// A connection with somebody between it and the server who can cut it. Cut when dropped, too.
#[derive(Debug)]
pub struct Lifeline {
    bus: Bus,
    /// Only a real server has to be lied to.
    cable: Option<Cable>,
}

impl Lifeline {
    /// One more connection.
    ///
    /// # Panics
    ///
    /// When there is no connection.
    pub async fn connect(venue: &Venue) -> Self {
        let Venue::Nats(server) = venue else {
            return Self { bus: venue.connect().await, cable: None };
        };
        let cable = Cable::to(server).await;
        let options = NatsOptions::new(&cable.url()).unwrap();
        let bus = soon("a connection", Bus::nats(options)).await.unwrap();
        Self { bus, cable: Some(cable) }
    }

    /// The connection.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Cuts the connection in the middle of whatever was said, and ends those who used it.
    pub async fn cut(self) {
        if let Some(cable) = self.cable {
            cable.removed().await;
        }
        // In no time nothing can be said any more.
        let _ = self.bus.close(Duration::ZERO).await;
    }
}
