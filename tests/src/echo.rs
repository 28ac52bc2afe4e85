//! An extension that gives back what it gets, in the process of the test.

use kaa_bus::Bus;
use kaa_ext::prelude::*;
use kaa_ext::{Counters, Server};

/// Where it listens.
pub const SUBJECT: &str = "kaa.v1.service.echo.esp.ClientData";

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

/// The extension, before it is served.
pub fn extension() -> kaa_ext::Builder<()> {
    Extension::new("echo").resources(resources![echo])
}

/// A running replica.
#[derive(Debug)]
pub struct Echo(Server);

impl Echo {
    /// A replica on this connection; it serves when this returns.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn start(bus: Bus, replica: &str) -> Self {
        let extension = extension().replica(replica).build().expect("an extension");
        Self(extension.serve(bus).start().await.expect("a bus"))
    }

    /// Stops it; what became of the requests.
    ///
    /// # Panics
    ///
    /// When it does not stop in order.
    pub async fn stop(self) -> Counters {
        self.0.stop().await.expect("a bus").counters
    }
}
