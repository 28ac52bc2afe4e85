//! The socket, and the loop that accepts.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::Peer;
use super::admission::Admission;
use super::bind_error::BindError;
use super::connections::Connections;
use super::queue::Queue;
use super::stream::Stream;
use super::tls::Tls;

/// How many connections wait in the kernel until they are accepted: what a storm of reconnecting devices
/// brings within a moment. The kernel takes no more than `net.core.somaxconn`, which is 4,096 as well.
const BACKLOG: u32 = 4096;

/// A TCP socket that listens.
#[derive(Debug)]
pub struct Listener {
    entry: String,
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens on an address. `entry` is what the configuration calls it, for errors and logs. Port 0 is a
    /// free one; `[::]` takes IPv4, too, where the system does not say otherwise.
    ///
    /// From here on clients can connect; they wait until [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// [`BindError`], with what to do about it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn bind(entry: impl Into<String>, address: SocketAddr) -> Result<Self, BindError> {
        let entry = entry.into();
        match listen(address) {
            Ok((socket, address)) => Ok(Self { entry, socket, address, tls: None }),
            Err(source) => Err(BindError::new(entry, address, source)),
        }
    }

    /// The same with TLS.
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections, as `admission` allows, and serves each with `handler` in a task of its own, until
    /// `stop` is ready. Then the socket is closed at once, and the connections that are still open
    /// are returned: it is up to the caller to tell their handlers, and to [end](Connections::end) them.
    ///
    /// The handler only makes the future that serves; what takes time belongs into that. With TLS it is called
    /// after the handshake, which has to be done within [`Limits::login`](crate::limits::Limits::login).
    ///
    /// Errors do not end it. When no connection can be accepted, for want of file descriptors for example,
    /// it tries again after a tenth of a second; who is connected does not notice.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, socket and connections are closed.
    pub async fn serve<H, F>(
        self,
        admission: Admission,
        handler: H,
        stop: impl Future<Output = ()>,
    ) -> Connections
    where
        H: Fn(Stream, Peer) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut connections = Connections::new(admission.clone());
        let mut queue = Queue::new(self.entry, self.socket, admission.clone());
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                // Stopping first; then places are given back before they are given away.
                biased;
                () = &mut stop => return connections,
                Some(()) = connections.ended() => {}
                (stream, peer) = queue.next() => match self.tls.clone() {
                    None => connections.serve(handler(Stream::Plain(stream), peer)),
                    Some(tls) => {
                        connections.serve(secure(stream, peer, tls, handler.clone(), admission.clone()));
                    }
                },
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of its predecessor. On Windows, though, this would let
    // two processes share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit both, so that they cost no system call each. Packets are written whole, nothing
    // is gained by holding them back. Probes find out about a client that vanished, after as long as the system
    // is set to: silence limits and keep alive are what counts, and more probes would keep radios awake.
    socket.set_nodelay(true)?;
    socket.set_keepalive(true)?;
    socket.bind(address)?;
    let socket = socket.listen(BACKLOG)?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

/// A connection from its handshake on.
async fn secure<H, F>(stream: TcpStream, mut peer: Peer, tls: Tls, handler: H, admission: Admission)
where
    H: Fn(Stream, Peer) -> F,
    F: Future<Output = ()>,
{
    let left = admission.limits().login.saturating_sub(peer.since.elapsed());
    // Boxed: it is large, and over soon, while the task stays as large as it ever was.
    let handshake = Box::pin(tls.handshake(stream, left)).await;
    match handshake {
        Ok((stream, certificate)) => {
            peer.certificate = certificate;
            handler(Stream::Tls(Box::new(stream)), peer).await;
        }
        Err(error) => {
            admission.tally().tls_failed();
            tracing::debug!(peer = %peer.address, %error, "no TLS with this client");
        }
    }
}
