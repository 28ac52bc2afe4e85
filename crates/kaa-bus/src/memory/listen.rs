//! A memory server for other processes too: it speaks the client protocol of NATS on a socket.
//!
//! ```text
//! TCP ──► Client: reads Commands ──► Peer ──► Router ──► Delivery ──► Outbox ──► TCP
//! ```
//!
//! It is there for development, where nothing has to be installed: what core NATS has is here, what a cluster or
//! JetStream has is not, and neither are passwords. Therefore it listens on the loopback interface and nowhere else.
//! Of the headers of a message it carries those of its trace; the others are left out. Who does not read is cut off once
//! 64 MiB wait, or after 10 s in which it took nothing, as nats-server does.
//!
//! | file | what it does |
//! |---|---|
//! | `client` | one connection, from its greeting to its end |
//! | `command` | what clients say |
//! | `greeting` | what both sides say of themselves at the beginning |
//! | `outbox` | what waits to be written to a client, and the messages on their way into it |

mod client;
mod command;
mod greeting;
mod outbox;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::server::MemoryServer;
use client::Client;

/// How many clients there may be. One more is closed at once.
const CLIENTS: usize = 1_024;

/// How long to wait when the system has no socket to give.
const PAUSE: Duration = Duration::from_millis(100);

/// A socket of a [`MemoryServer`]. Dropping it closes the socket and all connections that came through it.
#[derive(Debug)]
#[must_use = "the socket is closed when this is dropped"]
pub struct Listening {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Listening {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same, as clients of NATS want it.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl MemoryServer {
    /// Lets other processes connect, as if this were a nats-server: clients of every language, `nats` and `kaa`. What
    /// Kaa has no use for is not here: messages lose all headers but those of their [trace](crate::trace), subjects are
    /// visible ASCII of at most 1,024 bytes, and there is no JetStream.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use kaa_bus::{Bus, MemoryServer, NatsOptions, SubjectFilter};
    ///
    /// let server = MemoryServer::new();
    /// let listening = server.listen("127.0.0.1:0".parse()?).await?;
    ///
    /// let elsewhere = Bus::nats(NatsOptions::new(&listening.url())?).await?;
    /// let mut inbox = elsewhere.subscribe("greetings".parse::<SubjectFilter>()?, None).await?;
    /// server.connect().publish("greetings".parse()?, None, "hello".into()).await?;
    /// assert_eq!(inbox.next().await.map(|message| message.payload), Some("hello".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// When the address is not of the loopback interface, since nobody has to log in here, or is taken.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<Listening> {
        if !address.ip().is_loopback() {
            let why = format!("{address} is not of the loopback interface, and nobody has to log in here");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let incoming = stream::poll_fn(move |cx| listener.poll_accept(cx).map(Some));
        let incoming = incoming.map(|accepted| accepted.map(|(stream, _)| stream));
        let accepting = tokio::spawn(accept(self.clone(), incoming, address)).abort_handle();
        Ok(Listening { address, accepting })
    }
}

async fn accept(
    server: MemoryServer,
    incoming: impl Stream<Item = io::Result<TcpStream>>,
    address: SocketAddr,
) {
    let (mut incoming, mut clients) = (pin!(incoming), JoinSet::new());
    while let Some(accepted) = incoming.next().await {
        while clients.try_join_next().is_some() {}
        match accepted {
            Ok(stream) if clients.len() < CLIENTS => {
                // Commands are small and come one after the other.
                let _ = stream.set_nodelay(true);
                let (_, peer) = server.peer();
                clients.spawn(Client::serve(stream, peer, address));
            }
            Ok(_) => tracing::warn!("{CLIENTS} clients are connected to {address}; one more was turned away"),
            Err(error) => {
                // For want of file descriptors, most likely: others end meanwhile.
                tracing::warn!("a client could not connect to {address}: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::*;
    use crate::{Bus, SubjectFilter};

    /// A client that is typed in.
    struct Typist(TcpStream);

    impl Typist {
        async fn at(listening: &Listening) -> Self {
            let mut typist = Self(TcpStream::connect(listening.address()).await.unwrap());
            let greeting = typist.read_until("\r\n").await;
            assert!(greeting.starts_with("INFO {"), "{greeting}");
            typist
        }

        async fn says(&mut self, text: &str) {
            self.0.write_all(text.as_bytes()).await.unwrap();
        }

        /// What comes, up to this.
        async fn read_until(&mut self, end: &str) -> String {
            let mut all = Vec::new();
            while !all.ends_with(end.as_bytes()) {
                let byte = self.0.read_u8().await;
                all.push(byte.unwrap_or_else(|_| panic!("{:?} and no more", String::from_utf8_lossy(&all))));
            }
            String::from_utf8(all).unwrap()
        }

        /// What comes, up to the end of the connection.
        async fn read_to_end(&mut self) -> String {
            let mut all = Vec::new();
            // The rest of what was typed is refused with the connection.
            let _ = self.0.read_to_end(&mut all).await;
            String::from_utf8(all).unwrap()
        }
    }

    async fn listening() -> (MemoryServer, Bus, Listening) {
        let server = MemoryServer::new();
        let listening = server.listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let bus = server.connect();
        (server, bus, listening)
    }

    /// A client that listens to `a`, and reads nothing of what comes.
    async fn deaf(listening: &Listening) -> Typist {
        let mut typist = Typist::at(listening).await;
        typist.says("CONNECT {\"verbose\":false}\r\nSUB a workers 1\r\nPING\r\n").await;
        typist.read_until("PONG\r\n").await;
        typist
    }

    async fn is_nobody_there(bus: &Bus) -> bool {
        let answer = bus.request("a".parse().unwrap(), "".into(), Duration::from_secs(1)).await;
        matches!(answer, Err(crate::RequestError::NoResponders { .. }))
    }

    #[tokio::test]
    async fn it_says_what_a_client_of_nats_expects() {
        let (_server, _bus, listening) = listening().await;
        let mut typist = Typist::at(&listening).await;
        typist.says("CONNECT {\"verbose\":true,\"headers\":true,\"no_responders\":true}\r\nPING\r\n").await;
        assert_eq!(typist.read_until("PONG\r\n").await, "+OK\r\nPONG\r\n");
        typist
            .says("SUB a 1\r\nSUB a queue 2\r\nPUB a 2\r\nhi\r\nPUB none a 0\r\n\r\nUNSUB 1\r\nPING\r\n")
            .await;
        assert_eq!(
            typist.read_until("PONG\r\n").await,
            "+OK\r\n+OK\r\nMSG a 1 2\r\nhi\r\nMSG a 2 2\r\nhi\r\n+OK\r\n\
             HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n+OK\r\n+OK\r\nPONG\r\n"
        );
    }

    #[tokio::test]
    async fn a_subscription_with_a_maximum_ends_there() {
        let (_server, bus, listening) = listening().await;
        let mut typist = Typist::at(&listening).await;
        typist.says("CONNECT {\"verbose\":false}\r\nSUB a 1\r\nUNSUB 1 2\r\nPING\r\n").await;
        typist.read_until("PONG\r\n").await;
        for text in ["1", "2", "3"] {
            bus.publish("a".parse().unwrap(), None, text.into()).await.unwrap();
        }
        assert_eq!(typist.read_until("2\r\n").await, "MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n");
        assert!(is_nobody_there(&bus).await, "it has said nothing more, and is not there any more");
        // What it has had already counts.
        typist.says("SUB a 2\r\nPING\r\n").await;
        typist.read_until("PONG\r\n").await;
        bus.publish("a".parse().unwrap(), None, "4".into()).await.unwrap();
        typist.says("UNSUB 2 1\r\nPING\r\n").await;
        assert_eq!(typist.read_until("PONG\r\n").await, "MSG a 2 1\r\n4\r\nPONG\r\n");
        assert!(is_nobody_there(&bus).await);
    }

    #[tokio::test]
    async fn what_is_no_command_is_said_and_ends_the_connection() {
        let (_server, _bus, listening) = listening().await;
        let long = format!("PUB {}\r\n", "x".repeat(5_000));
        for (typed, why) in [
            ("GET / HTTP/1.1\r\n", "-ERR 'Unknown Protocol Operation'\r\n"),
            ("PUB a 1048577\r\n", "-ERR 'Maximum Payload Violation'\r\n"),
            ("PUB a -1\r\n", "-ERR 'Parser Error'\r\n"),
            ("PUB a 1\r\nabc", "-ERR 'Parser Error'\r\n"),
            (&long, "-ERR 'Maximum Control Line Exceeded'\r\n"),
        ] {
            let mut typist = Typist::at(&listening).await;
            typist.says(typed).await;
            assert_eq!(typist.read_to_end().await, why, "{typed}");
        }
    }

    #[tokio::test]
    async fn a_subject_that_is_none_is_said_and_the_client_stays() {
        let (_server, _bus, listening) = listening().await;
        let mut typist = Typist::at(&listening).await;
        typist.says("SUB a..b 1\r\nPUB a..b 2\r\nhi\r\nPUB a b..c 2\r\nhi\r\nPING\r\n").await;
        assert_eq!(
            typist.read_until("PONG\r\n").await,
            "-ERR 'Invalid Subject'\r\n-ERR 'Invalid Publish Subject'\r\n-ERR 'Invalid Publish Subject'\r\nPONG\r\n"
        );
    }

    #[tokio::test]
    async fn a_queue_group_may_have_any_name() {
        let (_server, bus, listening) = listening().await;
        let mut typist = Typist::at(&listening).await;
        typist.says("CONNECT {\"verbose\":false}\r\n").await;
        for (sid, group) in [(1, "workers.v1"), (2, "workers.v1"), (3, "größe/*")] {
            typist.says(&format!("SUB a {group} {sid}\r\n")).await;
        }
        typist.says("PING\r\n").await;
        typist.read_until("PONG\r\n").await;
        for text in ["1", "2"] {
            bus.publish("a".parse().unwrap(), None, text.into()).await.unwrap();
        }
        typist.says("PING\r\n").await;
        let all = typist.read_until("PONG\r\n").await;
        let got = [1, 2, 3].map(|sid| all.matches(&format!("MSG a {sid} 1\r\n")).count());
        assert_eq!(got, [1, 1, 2], "{all}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_system_that_has_no_socket_to_give_is_not_asked_again_at_once() {
        let mut asked = 0;
        let incoming = stream::repeat_with(|| {
            asked += 1;
            Err(io::Error::other("too many open files"))
        });
        let accepting = accept(MemoryServer::new(), incoming, "127.0.0.1:4222".parse().unwrap());
        assert!(tokio::time::timeout(PAUSE * 9 + PAUSE / 2, accepting).await.is_err());
        assert_eq!(asked, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_cut_off_and_nobody_else() {
        let (_server, bus, listening) = listening().await;
        let _deaf = deaf(&listening).await;
        let began = Instant::now();
        let mut reader = bus.subscribe("a".parse::<SubjectFilter>().unwrap(), None).await.unwrap();
        let payload = vec![0; super::super::peer::MAX_PAYLOAD];
        // More than waits for it, and than the kernel takes on its behalf.
        for _ in 0..100 {
            bus.publish("a".parse().unwrap(), None, payload.clone().into()).await.unwrap();
            assert!(reader.next().await.is_some());
            // What the kernel takes, it takes meanwhile.
            tokio::task::yield_now().await;
        }
        drop(reader);
        assert!(is_nobody_there(&bus).await, "it has no place in the queue group any more");
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_for_a_while_is_cut_off() {
        let (_server, bus, listening) = listening().await;
        let _deaf = deaf(&listening).await;
        // More than the kernel takes, and less than may wait.
        for _ in 0..40 {
            let payload = vec![0; super::super::peer::MAX_PAYLOAD];
            bus.publish("a".parse().unwrap(), None, payload.into()).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(!is_nobody_there(&bus).await, "it may still read");
        sleep(client::PATIENCE).await;
        assert!(is_nobody_there(&bus).await);
    }

    #[tokio::test]
    async fn an_address_that_others_can_reach_is_refused() {
        let refused = MemoryServer::new().listen("0.0.0.0:0".parse().unwrap()).await;
        assert!(refused.unwrap_err().to_string().contains("not of the loopback interface"));
    }
}
