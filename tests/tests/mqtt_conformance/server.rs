//! The communication service under test, with an extension that says what it was told.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use kaa_bus::Bus;
use kaa_ext::prelude::*;
use kaa_kpc::limits::Limits;
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};

pub(crate) struct Server {
    kpc: Kpc,
    extension: kaa_ext::Server,
}

/// The limits as they are, except for those that many clients on one address would meet.
pub(crate) fn roomy() -> Limits {
    let plenty = NonZeroU32::MAX;
    Limits {
        connections_per_address: 10_000,
        accepts_per_second: plenty,
        messages_per_second: plenty,
        bytes_per_second: plenty,
        ..Limits::default()
    }
}

#[resource("/echo")]
async fn echo(payload: Payload) -> Payload {
    payload
}

impl Server {
    pub(crate) async fn start(limits: Limits) -> Self {
        let bus = Bus::memory();
        let extension = Extension::new("ext").resources(resources![echo]).build().unwrap();
        let extension = extension.serve(bus.clone()).start().await.unwrap();
        let mqtt = ListenerOptions::new(Transport::Mqtt, "127.0.0.1:0".parse().unwrap());
        let options = KpcOptions { limits, ..KpcOptions::trustful([mqtt]) };
        Self { kpc: Kpc::start(bus, options).await.unwrap(), extension }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.kpc.listening()[0].address
    }

    pub(crate) fn sessions(&self) -> usize {
        self.kpc.sessions()
    }

    pub(crate) async fn stop(self) {
        self.kpc.stop(Duration::from_secs(1)).await;
        self.extension.stop().await.unwrap();
    }
}
