//! What stands behind a device.

use std::path::PathBuf;

use crate::device::Device;
use crate::kpc::Kpc;
use crate::nats_server::NatsServer;
use crate::patience::soon;
use crate::service::Service;
use crate::users::{EVERYBODY, connect};
use crate::venue::jetstream;
use kaa_bus::Bus;
use tempfile::TempDir;

/// What devices may ask. Every token is an endpoint.
pub const TRUSTFUL: &str = "
tokens: { mode: trustful }
requests: { timeout: 4s }
extensions: { dcx: {}, cmx: {}, cex: {}, epmx: {}, rsx: {}, tsx: { endpoint-aware: false } }
";

/// A nats-server whose JetStream syncs before it acknowledges, and a communication service on it. The services come
/// as they are asked for, each as a user of its own with the permissions that it prints.
#[derive(Debug)]
pub struct World {
    /// The communication service.
    pub kpc: Kpc,
    /// The nats-server.
    pub server: NatsServer,
    files: TempDir,
}

impl World {
    /// Every token is an endpoint.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start() -> Self {
        Self::start_with(TRUSTFUL).await
    }

    /// With a communication service that does what this configuration says.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start_with(communication: &str) -> Self {
        let files = tempfile::Builder::new().prefix("kaa-platform-").tempdir().unwrap();
        let file = files.path().join("kpc.yaml");
        std::fs::write(&file, communication).unwrap();
        let server = NatsServer::with_users(|directory| jetstream(directory, "always")).await;
        let kpc = Kpc::configured(&server, &file).await;
        Self { kpc, server, files }
    }

    /// One more communication service like the first.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn communication(&self) -> Kpc {
        Kpc::configured(&self.server, &self.file("kpc.yaml")).await
    }

    /// A service with these variables in its environment.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn service(&self, name: &str, variables: &[(&str, &str)]) -> Service {
        Service::configured(name, &self.server, self.files.path(), variables).await
    }

    /// A file of the services.
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// A connection of one endpoint.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn device(&self, endpoint: &str) -> Device {
        Device::connect(&self.kpc, endpoint).await
    }

    /// A way to listen to the services, and to speak as one of them.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn bus(&self) -> Bus {
        connect(&self.server, EVERYBODY).await
    }
}

/// What is on its way to becoming so is asked for until it is.
///
/// # Panics
///
/// When it does not become so.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    soon(what, found).await
}

/// Whatever a test is about, no service wants more than it says it needs.
impl Drop for World {
    fn drop(&mut self) {
        let log = self.server.log();
        let violations: Vec<_> = log.lines().filter(|line| line.contains("Violation")).collect();
        assert!(violations.is_empty() || std::thread::panicking(), "{violations:#?}");
    }
}
