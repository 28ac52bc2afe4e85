//! The socket of the admin port.

use std::borrow::Cow;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::pages::Pages;

/// How many connections there are at most; the others wait in the backlog of the system.
const CONNECTIONS: usize = 64;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);

/// How long a connection may last in all, which is one request.
const CONNECTION: Duration = Duration::from_secs(30);

/// The largest head, in bytes.
const HEAD_SIZE: usize = 8 * 1024;

/// How long to wait when the system has no socket to give.
const PAUSE: Duration = Duration::from_millis(100);

/// An open admin port. It is closed when this is dropped.
#[derive(Debug)]
#[must_use = "the port is closed when this is dropped"]
pub struct AdminServer {
    address: SocketAddr,
    pages: Arc<Pages>,
    stop: oneshot::Sender<()>,
    /// One task, which does not outlive this.
    accepting: JoinSet<()>,
}

impl AdminServer {
    pub(super) fn start(listener: TcpListener, address: SocketAddr, pages: Pages) -> Self {
        let (stop, stopped) = oneshot::channel();
        let pages = Arc::new(pages);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&pages), stopped));
        tracing::info!("health and metrics on http://{address}");
        Self { address, pages, stop, accepting }
    }

    /// Where it listens: with the port the system chose, when it was asked to.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
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
        let Self { stop, mut accepting, .. } = self;
        // Nobody hears it when the task is gone, which is just as well.
        let _ = stop.send(());
        let _ = timeout(grace, accepting.join_next()).await;
    }
}

async fn accept(listener: TcpListener, pages: Arc<Pages>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream, Arc::clone(&pages)))),
                Err(error) => {
                    tracing::warn!("the admin port cannot accept a connection: {error}");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, pages: Arc<Pages>) {
    let service = service_fn(|request: Request<Incoming>| {
        let pages = Arc::clone(&pages);
        async move { Ok::<_, Infallible>(pages.get(request.method(), request.uri().path()).await) }
    });
    let mut http = http1::Builder::new();
    // A connection that is not kept cannot be idle, and a probe every few seconds does not need one.
    http.keep_alive(false).max_header_size(HEAD_SIZE).timer(TokioTimer::new()).header_read_timeout(HEAD);
    // What goes wrong on a connection is the matter of who opened it.
    let _ = timeout(CONNECTION, http.serve_connection(TokioIo::new(stream), service)).await;
}
