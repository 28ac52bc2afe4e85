//! Sockets: who may connect, how many, with TLS or without.
//!
//! ```text
//!  backlog ──► Queue: room? pace? ──► Slot ──► TLS handshake ──► handler(Stream, Peer)
//!              waits, never refuses    │       in time, or cut
//!                                      └──► too many from one address: closed at once
//! ```
//!
//! What would be too much stays in the backlog of the kernel, where it costs next to nothing and is served
//! later: only a client that takes more than its share is turned away. Handshakes run in the tasks of their
//! connections, so that a slow one delays nobody.
//!
//! | module | idea |
//! |---|---|
//! | `listener` | the socket, and the loop that accepts |
//! | `queue` | when the next connection is taken, and what happens when it cannot be |
//! | `admission` | how many may be connected, in all and from one address |
//! | `connections` | the tasks that serve them, and their end |
//! | `stream` | bytes, with TLS or without |
//! | `tls`, `certificate`, `distinguished_name` | the server's certificate; the client's, and who has issued it |
//! | `bind_error`, `counters` | why there is no socket, and what happened |
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use kaa_kpc::limits::Limits;
//! use kaa_kpc::listen::{Admission, Listener};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpStream;
//!
//! let admission = Admission::new(&Limits::default());
//! let listener = Listener::bind("mqtt.listen", "127.0.0.1:0".parse()?)?;
//! let address = listener.local_addr();
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let greet = |mut stream, peer| async move {
//!     let _slot = peer;
//!     let _ = AsyncWriteExt::write_all(&mut stream, b"hello").await;
//! };
//! let serving = tokio::spawn(listener.serve(admission, greet, async { stopped.await.unwrap_or_default() }));
//!
//! let mut text = String::new();
//! TcpStream::connect(address).await?.read_to_string(&mut text).await?;
//! assert_eq!(text, "hello");
//!
//! drop(stop);
//! let connections = serving.await?;
//! assert_eq!(connections.end(Duration::from_secs(1)).await, 0);
//! # Ok(()) }
//! ```

mod admission;
mod bind_error;
mod certificate;
mod connections;
mod counters;
mod distinguished_name;
mod listener;
mod queue;
mod stream;
mod tls;

pub use admission::{Admission, Slot};
pub use bind_error::BindError;
pub use connections::Connections;
pub use counters::ListenCounters;
pub use listener::Listener;
pub use stream::Stream;
pub use tls::{FileProblem, Speaks, Tls, TlsError, TlsOptions, Wanted};

use std::net::SocketAddr;

use tokio::time::Instant;

use crate::identity::clients::ClientCertificate;

/// The other end of a connection.
#[derive(Debug)]
pub struct Peer {
    /// Its address. One of IPv4 is written as such, on a socket for both, too.
    pub address: SocketAddr,
    /// The certificate it has shown, verified.
    pub certificate: Option<ClientCertificate>,
    /// When it was accepted, before any handshake: what [`Limits::login`](crate::limits::Limits::login)
    /// counts from.
    pub since: Instant,
    /// Its place among the connections, given back when this is dropped.
    pub slot: Slot,
}
