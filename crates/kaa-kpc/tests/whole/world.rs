//! A communication service, and an extension behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kaa_bus::MemoryServer;
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_kpc::{Kpc, KpcOptions, ListenerOptions, Transport};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::device::{Device, Version};
use crate::web::Web;

/// So long nothing takes on a machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("in time")
}

/// Waits until it is so. With one thread, each turn looks at the sockets, too.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    in_time(async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Waits until nobody listens there any more.
pub(crate) async fn closed(address: SocketAddr) {
    in_time(async { while TcpStream::connect(address).await.is_ok() {} }).await;
}

/// A bus, and the extension `ext`.
pub(crate) struct World {
    pub(crate) server: MemoryServer,
    pub(crate) gate: Gate,
    _extension: TestKaa,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = MemoryServer::new();
        let gate = Gate { held: Arc::new(Semaphore::new(0)), opened: Arc::new(Semaphore::new(0)) };
        let extension = Extension::new("ext")
            .state(gate.clone())
            .resources(resources![echo, fail, hold])
            .build()
            .unwrap();
        let extension = TestKaa::start_on(server.connect(), extension).await;
        Self { server, gate, _extension: extension }
    }

    /// A service that trusts everybody, but for these changes.
    pub(crate) async fn serve_with(&self, change: impl FnOnce(&mut KpcOptions)) -> Service {
        let mut options = KpcOptions::trustful([Transport::Mqtt, Transport::Http].map(listener));
        change(&mut options);
        let kpc = Kpc::start(self.server.connect(), options).await.unwrap();
        Service { kpc }
    }

    pub(crate) fn messaging(&self, instance: &str) -> Messaging {
        let replica = format!("{instance}-9").parse().unwrap();
        Messaging::new(self.server.connect(), instance.parse().unwrap(), replica)
    }
}

pub(crate) fn listener(transport: Transport) -> ListenerOptions {
    ListenerOptions::new(transport, "127.0.0.1:0".parse().unwrap())
}

/// Holds requests back until the test lets them go.
#[derive(Clone)]
pub(crate) struct Gate {
    held: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

impl Gate {
    /// Waits until the extension has so many requests more.
    pub(crate) async fn has_held(&self, requests: u32) {
        in_time(self.held.acquire_many(requests)).await.unwrap().forget();
    }

    /// Lets so many of them be answered.
    pub(crate) fn open(&self, requests: usize) {
        self.opened.add_permits(requests);
    }
}

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/fail")]
async fn fail() -> Result<(), Failure> {
    Err(Failure::not_found("no such thing"))
}

#[resource("/hold")]
async fn hold(State(gate): State<Gate>) -> &'static str {
    gate.held.add_permits(1);
    gate.opened.acquire().await.unwrap().forget();
    "held"
}

/// A communication service at work.
pub(crate) struct Service {
    pub(crate) kpc: Kpc,
}

impl Service {
    pub(crate) fn address(&self, name: &str) -> SocketAddr {
        let listening = self.kpc.listening().iter().find(|listening| listening.name() == name);
        listening.expect("there is such a listener").address
    }

    pub(crate) async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.address("mqtt")).await.unwrap()
    }

    /// A device that is connected.
    pub(crate) async fn device(&self, version: Version, client_id: &str) -> Device {
        Device::connect(self.socket().await, version, client_id, None).await.expect("accepted")
    }

    /// A device that shows a user name and a password; or the code with which it is refused.
    pub(crate) async fn login(
        &self,
        version: Version,
        user_name: &str,
        password: &str,
    ) -> Result<Device, u8> {
        let login = Some((user_name, password));
        Device::connect(self.socket().await, version, user_name, login).await
    }

    pub(crate) async fn web(&self) -> Web {
        Web::connect(self.address("http")).await
    }
}
