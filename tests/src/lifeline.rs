//! A connection that can be cut: what a server sees of a client that is killed.

use std::time::Duration;

use kaa_bus::{Bus, NatsOptions};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::patience::soon;
use crate::venue::Venue;

/// A connection with somebody between it and the server who can cut it. Cut when dropped, too.
#[derive(Debug)]
pub struct Lifeline {
    bus: Bus,
    /// Only a real server has to be lied to.
    relay: Option<JoinHandle<()>>,
}

impl Lifeline {
    /// One more connection.
    ///
    /// # Panics
    ///
    /// When there is no connection.
    pub async fn connect(venue: &Venue) -> Self {
        let Venue::Nats(server) = venue else {
            return Self { bus: venue.connect().await, relay: None };
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("nats://{}", listener.local_addr().unwrap());
        let relay = tokio::spawn(relay(listener, server.port()));
        let bus = soon("a connection", Bus::nats(NatsOptions::new(&url).unwrap())).await.unwrap();
        Self { bus, relay: Some(relay) }
    }

    /// The connection.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Cuts the connection in the middle of whatever was said, and ends those who used it.
    pub async fn cut(mut self) {
        if let Some(relay) = self.relay.take() {
            relay.abort();
            // An error says that it was aborted.
            let _ = relay.await;
        }
        // In no time nothing can be said any more.
        let _ = self.bus.close(Duration::ZERO).await;
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        if let Some(relay) = &self.relay {
            relay.abort();
        }
    }
}

/// Passes everything on. When this is dropped, so are all connections, and nobody is let in any more.
async fn relay(listener: TcpListener, port: u16) {
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        connections.spawn(async move { copy_bidirectional(&mut client, &mut server).await });
    }
}
