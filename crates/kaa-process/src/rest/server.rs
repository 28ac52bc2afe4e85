//! The socket of the REST port.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use utoipa_axum::router::OpenApiRouter;

use super::config::RestConfig;
use super::error::RestError;

/// An open REST port.
// SKELETON: token, Host check, limits of time, size and connections; `/openapi.json` is here already.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct RestServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl RestServer {
    /// Listens and answers, on a task of its own; `None` when the configuration says `off`.
    ///
    /// # Errors
    ///
    /// [`RestError`]: the address would be open to everybody, is taken, or cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn bind(config: &RestConfig, api: OpenApiRouter) -> Result<Option<Self>, RestError> {
        let Some(address) = config.listen else { return Ok(None) };
        let refused = |source| RestError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (router, document) = api.split_for_parts();
        let document = document.to_json().unwrap_or_default();
        let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
        let router = router
            .route("/openapi.json", axum::routing::get(move || async move { (json, document.clone()) }));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let asked = async move { drop(stopped.await) };
            let _ = axum::serve(listener, router).with_graceful_shutdown(asked).await;
        });
        tracing::info!("REST on http://{address}, described at http://{address}/openapi.json");
        Ok(Some(Self { address, stop, serving }))
    }

    /// Where it listens: with the port the system chose, when it was asked to.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, waits up to `grace` for the requests that are there, and ends.
    pub async fn stop(self, grace: Duration) {
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(grace, self.serving).await;
    }
}
