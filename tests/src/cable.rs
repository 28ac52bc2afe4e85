//! A network that can be cut in one direction, while the connections that go through it stay open.
//!
//! What is sent into a cut is held back until that is mended, as TCP sends again what a network drops; or it is lost
//! with its connection, when that is [reset](Cable::reset), as by a firewall that has forgotten it. What is held back
//! is bounded by the buffers of the sockets: nobody reads from one whose way is cut. Nobody gets a new connection while
//! either way is cut, since that takes both.
//!
//! One thing is kinder than a network: what goes the other way is acknowledged, so there is no end to it.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::nats_server::NatsServer;

/// How much is on its way between the two sockets of a connection, in bytes.
const ON_ITS_WAY: usize = 16 * 1024;

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From those who have connected.
    ToServer,
    /// To those who have connected.
    FromServer,
}

impl Way {
    /// The other one.
    pub fn back(self) -> Self {
        match self {
            Self::ToServer => Self::FromServer,
            Self::FromServer => Self::ToServer,
        }
    }
}

/// A way to a port of this machine. Removed when dropped, and with it the connections.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    state: watch::Sender<State>,
    relay: JoinHandle<()>,
}

#[derive(Debug, Clone, Default)]
struct State {
    cut: Vec<Way>,
    /// How often all connections were reset.
    resets: u32,
}

impl Cable {
    /// To this server, also when it has been restarted.
    ///
    /// # Panics
    ///
    /// When there is no port for the near end.
    pub async fn to(server: &NatsServer) -> Self {
        Self::to_port(server.port()).await
    }

    /// To whatever listens at this port.
    ///
    /// # Panics
    ///
    /// As [`to`](Self::to).
    pub async fn to_port(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let state = watch::Sender::new(State::default());
        let relay = tokio::spawn(relay(listener, port, state.subscribe()));
        Self { address, state, relay }
    }

    /// Its near end.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `nats://` and its near end.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Lets nothing through this way from now on.
    pub fn cut(&self, way: Way) {
        self.state.send_modify(|state| state.cut.push(way));
    }

    /// Lets everything through again, what was held back first.
    pub fn mend(&self) {
        self.state.send_modify(|state| state.cut.clear());
    }

    /// The same, but connections that there are get a reset at both ends, and what was held back is lost.
    pub fn reset(&self) {
        self.state.send_modify(|state| {
            state.cut.clear();
            state.resets += 1;
        });
    }

    /// Takes it away; the connections have ended when this returns.
    pub async fn removed(mut self) {
        self.relay.abort();
        // An error says that it was aborted.
        let _ = (&mut self.relay).await;
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// When this is dropped, so are all connections, and nobody is let in any more.
async fn relay(listener: TcpListener, port: u16, state: watch::Receiver<State>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connection(client, port, state.clone()));
    }
}

async fn connection(mut client: TcpStream, port: u16, mut state: watch::Receiver<State>) -> io::Result<()> {
    let resets = state.borrow().resets;
    let may_begin = move |state: &State| state.cut.is_empty() || state.resets != resets;
    if state.wait_for(may_begin).await.map_err(io::Error::other)?.resets != resets {
        return client.set_zero_linger();
    }
    let mut server = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let there = carry(from_client, to_server, Way::ToServer, state.clone());
    let back = carry(from_server, to_client, Way::FromServer, state.clone());
    let is_reset = tokio::select! {
        biased;
        reset = state.wait_for(move |state| state.resets != resets) => reset.is_ok(),
        _ = async { tokio::try_join!(there, back) } => false,
    };
    if is_reset {
        // So that their ends are not in order.
        client.set_zero_linger()?;
        server.set_zero_linger()?;
    }
    Ok(())
}

/// Passes on what goes one way, to its end.
async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    way: Way,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut buffer = vec![0; ON_ITS_WAY];
    loop {
        let size = while_open(way, &mut state, |cx| {
            let mut read = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut from).poll_read(cx, &mut read))?;
            Poll::Ready(Ok(read.filled().len()))
        });
        let size = size.await?;
        if size == 0 {
            return to.shutdown().await;
        }
        let mut rest = buffer.get(..size).unwrap_or_default();
        while !rest.is_empty() {
            let passed = while_open(way, &mut state, |cx| Pin::new(&mut to).poll_write(cx, rest)).await;
            if passed.is_err() {
                // That nobody takes it any more is news from the other side.
                while_open(way.back(), &mut state, |_| Poll::Ready(Ok(()))).await?;
            }
            rest = rest.get(passed?..).unwrap_or_default();
        }
    }
}

/// Does this when the way is open, and gives it up when it is cut, until it is done.
async fn while_open<T>(
    way: Way,
    state: &mut watch::Receiver<State>,
    mut attempt: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> io::Result<T> {
    loop {
        state.wait_for(|state| !state.cut.contains(&way)).await.map_err(io::Error::other)?;
        tokio::select! {
            biased;
            Ok(_) = state.wait_for(|state| state.cut.contains(&way)) => {}
            done = poll_fn(&mut attempt) => return done,
        }
    }
}
