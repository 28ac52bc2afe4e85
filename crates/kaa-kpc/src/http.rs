//! 1/KP over HTTP, and the way to MQTT over WebSocket.
//!
//! ```text
//!  socket ──► guard ──► hyper ──► exchange ──► front, relay
//!             screen     │         target, admission, body
//!             pace       │            │
//!  socket ◄── guard ◄────┘ ◄──────── answer
//!
//!  socket ──► guard ──► hyper ──► websocket ──► session
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `guard`, `screen` | what hyper gets to see of a client, and when |
//! | `connection` | what the requests of a connection share |
//! | `exchange` | one request and its response |
//! | `target`, `admission`, `body` | what is asked for, by whom, with what |
//! | `answer` | 200 or an error of 1/KP |
//! | `counters` | what became of requests |
//! | `websocket` | MQTT over WebSocket |
//! | `alarm`, `linger` | deadlines, and the end of a connection |
//!
//! hyper parses HTTP/1.1 and keeps the order of responses. There is no HTTP/2: a device has one request at
//! a time, and the attacks that HTTP/2 invites need no defence where it is not spoken.

mod admission;
mod alarm;
mod answer;
mod body;
mod connection;
mod counters;
mod exchange;
mod guard;
mod linger;
mod screen;
mod target;
mod websocket;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

pub use self::counters::HttpCounters;
pub(crate) use self::counters::Tally;

use self::alarm::Alarm;
use self::connection::{Connection, Patience};
use self::exchange::exchange;
use self::guard::Guard;
use self::websocket::ByteStream;
use crate::front::Front;
use crate::limits::HttpLimits;
use crate::listen::Peer;
use crate::session;

/// What an HTTP listener offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    /// `POST /kp1/…`.
    pub(crate) requests: bool,
    /// MQTT over WebSocket at `/ws`.
    pub(crate) websocket: bool,
}

/// Serves one HTTP connection to its end: that of the client, that of its patience, or that of the service
/// ([`Sessions::drain`](crate::session::Sessions::drain)), which lets a running request finish.
pub(crate) async fn serve<Io>(front: Arc<Front>, io: Io, peer: Peer, offer: Offer)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = Arc::new(Connection::new(Arc::clone(&front), peer, offer));
    serve_requests(&connection, io).await;
    // Nobody else has it any more, except for the socket that is upgraded.
    let Some(upgrade) = connection.lock().upgrade.take() else { return };
    let Ok(io) = websocket::upgraded::<Io>(upgrade).await else { return };
    let Some(connection) = Arc::into_inner(connection) else { return };
    let stream = ByteStream::new(io, &front.limits);
    session::serve(front, stream, connection.into_state().peer).await;
}

async fn serve_requests<Io>(connection: &Arc<Connection>, io: Io)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let guard = Guard::new(io, Arc::clone(connection));
    let service = service_fn(|request| exchange(Arc::clone(connection), request));
    let http = http1(&connection.front.limits.http).serve_connection(TokioIo::new(guard), service);
    let mut http = pin!(http.with_upgrades());
    let mut draining = pin!(connection.front.sessions.draining());
    let (mut alarm, mut is_ending) = (Alarm::default(), false);
    poll_fn(|context| {
        loop {
            // Whatever went wrong with a connection, there is nobody to tell.
            if let Poll::Ready(ended) = http.as_mut().poll(context) {
                if ended.is_err_and(|error| error.is_parse()) {
                    connection.front.http.malformed();
                }
                return Poll::Ready(());
            }
            if is_ending || draining.as_mut().poll(context).is_pending() {
                let Some(patience) = connection.patience() else { return Poll::Pending };
                let (Patience::Idle(deadline) | Patience::Head(deadline)) = patience;
                ready!(alarm.poll_at(deadline, context));
                if matches!(patience, Patience::Head(_)) {
                    connection.front.http.slow_heads();
                    return Poll::Ready(());
                }
                if is_ending {
                    return Poll::Ready(());
                }
            }
            is_ending = true;
            http.as_mut().graceful_shutdown();
        }
    })
    .await;
}

fn http1(limits: &HttpLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // A timer for each head costs an allocation; who waits for a head here does so anyway.
        .header_read_timeout(None)
        .max_header_size(limits.head)
        .max_buf_size(limits.head.max(MIN_BUFFER));
    // Up to its default, hyper needs no memory for it, and whether there are more is looked at later.
    if limits.headers > MANY_HEADERS {
        builder.max_headers(limits.headers);
    }
    builder
}

/// What hyper reads at once.
const MIN_BUFFER: usize = 8192;

/// How many header fields hyper takes if nobody says how many.
const MANY_HEADERS: usize = 100;

#[cfg(test)]
mod tests;
