//! An open HTTP port: one request per connection, a limit to everything, and an end that ends all of it.

mod write_timeout;

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use write_timeout::WriteTimeout;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);

/// The largest head, in bytes.
const HEAD_SIZE: usize = 8 * 1024;

/// For how long the other end may take nothing of an answer. One that is asleep behind a tunnel never says so.
const STALLED: Duration = Duration::from_secs(20);

/// How long to wait when the system has no socket to give.
const PAUSE: Duration = Duration::from_millis(100);

/// In the extensions of an answer: it may go on for longer than a connection usually lasts, as long as the port is
/// open and somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting;

/// What a port takes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// What the port is called in the log.
    pub(crate) name: &'static str,
    /// How many connections there are at most; the others wait in the backlog of the system.
    pub(crate) connections: usize,
    /// How long a connection may last in all, which is one request.
    pub(crate) connection: Duration,
}

/// An open port. It is closed, and its connections are cut, when this is dropped.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    /// One task, which does not outlive this.
    accepting: JoinSet<()>,
}

impl Port {
    /// Answers on a task of its own.
    pub(crate) fn open<A, F, B>(listener: TcpListener, address: SocketAddr, limits: Limits, answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, limits, stopped, answer));
        Self { address, stop, accepting }
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections, waits up to `grace` for those that are there, and ends.
    pub(crate) async fn stop(self, grace: Duration) {
        let Self { stop, mut accepting, .. } = self;
        // Nobody hears it when the task is gone, which is just as well.
        let _ = stop.send(());
        let _ = timeout(grace, accepting.join_next()).await;
    }
}

async fn accept<A, F, B>(listener: TcpListener, limits: Limits, mut stopped: oneshot::Receiver<()>, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let (closing, is_closing) = watch::channel(false);
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < limits.connections => match accepted {
                Ok((stream, _)) => {
                    let serving = serve(stream, limits.connection, is_closing.clone(), answer.clone());
                    connections.spawn(serving);
                }
                Err(error) => {
                    tracing::warn!("the {} port cannot accept a connection: {error}", limits.name);
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    closing.send_replace(true);
    while connections.join_next().await.is_some() {}
}

async fn serve<A, F, B>(
    stream: TcpStream,
    longest: Duration,
    mut is_closing: watch::Receiver<bool>,
    answer: A,
) where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let lasts = AtomicBool::new(false);
    let service = service_fn(|request| {
        let (answering, lasts) = (answer(request), &lasts);
        async move {
            let response = answering.await;
            lasts.store(response.extensions().get::<Lasting>().is_some(), Relaxed);
            Ok::<_, Infallible>(response)
        }
    });
    let over = async {
        let end = Instant::now() + longest;
        let closing = is_closing.wait_for(|closing| *closing);
        let mut closing = pin!(closing);
        let is_in_time = timeout_at(end, closing.as_mut()).await.is_ok();
        match (is_in_time, lasts.load(Relaxed)) {
            (true, true) => {}
            (true, false) => sleep_until(end).await,
            (false, true) => drop(closing.await),
            (false, false) => {}
        }
    };
    let mut http = http1::Builder::new();
    // A connection that is not kept cannot be idle, and nobody who asks a few times a second needs one.
    http.keep_alive(false).max_header_size(HEAD_SIZE).timer(TokioTimer::new()).header_read_timeout(HEAD);
    let stream = WriteTimeout::new(stream, STALLED);
    // What goes wrong on a connection is the matter of who opened it.
    tokio::select! {
        biased;
        _ = http.serve_connection(TokioIo::new(stream), service) => {}
        () = over => {}
    }
}
