//! The socket of the admin port.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::net::TcpListener;

use super::annex::{BodyError, Bound};
use super::pages::Pages;
use crate::port::{Limits, Port};

const LIMITS: Limits = Limits { name: "admin", connections: 64, connection: Duration::from_secs(30) };

/// An open admin port. It is closed when this is dropped.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct AdminServer {
    port: Port,
    pages: Arc<Pages>,
}

impl AdminServer {
    pub(super) fn start(listener: TcpListener, address: SocketAddr, pages: Pages) -> Self {
        let annexes: String =
            pages.annexes.iter().map(|mounted| format!(", and http://{address}{}", mounted.path)).collect();
        let pages = Arc::new(pages);
        let shown = Arc::clone(&pages);
        let port = Port::open(listener, address, LIMITS, move |request| {
            let pages = Arc::clone(&shown);
            async move {
                let path = request.uri().path();
                match pages.annexes.iter().find(|mounted| mounted.is_at(path)) {
                    Some(mounted) => {
                        let mut request = request.map(|body| body.map_err(BodyError::from).boxed_unsync());
                        request.extensions_mut().insert(Bound(address));
                        mounted.annex.answer(request).await
                    }
                    None => pages.get(request.method(), path).await,
                }
            }
        });
        tracing::info!("health and metrics on http://{address}{annexes}");
        Self { port, pages }
    }

    /// Where it listens: with the port the system chose, when it was asked to.
    pub fn local_addr(&self) -> SocketAddr {
        self.port.local_addr()
    }

    /// From now on `/health/ready` answers 503 with this reason, and runs no checks. For a service that
    /// is starting, or that stops and wants no more work.
    pub fn not_ready(&self, reason: impl Into<Cow<'static, str>>) {
        self.pages.readiness.withhold(Some(reason.into()));
    }

    /// From now on `/health/ready` is what the checks say.
    pub fn ready(&self) {
        self.pages.readiness.withhold(None);
    }

    /// Accepts no more connections, waits up to `grace` for those that are there, and ends.
    pub async fn stop(self, grace: Duration) {
        self.port.stop(grace).await;
    }
}
