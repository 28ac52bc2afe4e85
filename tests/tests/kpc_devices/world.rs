//! What stands behind a device.

use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::service::Service;
use tokio::process::Command;

/// A communication service and two extensions.
pub(crate) struct World {
    pub(crate) kpc: Kpc,
    pub(crate) _stage: Service,
    pub(crate) _quickstart: Service,
    pub(crate) _server: NatsServer,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With a communication service that is configured further.
    pub(crate) async fn start_with(configure: impl FnOnce(&mut Command)) -> Self {
        let server = NatsServer::start().await;
        let (quickstart, stage, kpc) = tokio::join!(
            Service::quickstart(&server, "quickstart-0"),
            Service::stage(&server, "stage-0"),
            Kpc::start_with(&server, configure),
        );
        Self { kpc, _stage: stage, _quickstart: quickstart, _server: server }
    }

    /// The port of a listener.
    pub(crate) fn port(&self, kind: &str) -> String {
        self.kpc.address(kind).port().to_string()
    }
}
