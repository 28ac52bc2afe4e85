//! The socket of the REST port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use utoipa_axum::router::OpenApiRouter;

use super::access::Access;
use super::config::RestConfig;
use super::desk::Desk;
use super::error::RestError;
use crate::port::{Limits, Port};

/// The connection is longer than body and handler together may take.
const LIMITS: Limits = Limits { name: "REST", connections: 256, connection: Duration::from_secs(60) };

/// An open REST port. It is closed when this is dropped.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct RestServer(Port);

impl RestServer {
    /// Listens and answers, on a task of its own; `None` when the configuration says `off`.
    ///
    /// # Errors
    ///
    /// [`RestError`]: the address would be open to everybody, is taken, or cannot be listened on; or the token
    /// cannot be had.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn bind(config: &RestConfig, api: OpenApiRouter) -> Result<Option<Self>, RestError> {
        let Some(address) = config.listen else { return Ok(None) };
        let access = Access::new(config, address)?;
        let failed = |source| RestError::listen(address, source);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let desk = Arc::new(Desk::new(access, api));
        let port = Port::open(listener, address, LIMITS, move |request| {
            let desk = Arc::clone(&desk);
            async move { desk.answer(request).await }
        });
        tracing::info!("REST on http://{address}, described at http://{address}/openapi.json");
        Ok(Some(Self(port)))
    }

    /// Where it listens: with the port the system chose, when it was asked to.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Accepts no more connections, waits up to `grace` for the requests that are there, and ends.
    pub async fn stop(self, grace: Duration) {
        self.0.stop(grace).await;
    }
}
