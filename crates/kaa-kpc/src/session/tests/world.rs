//! What the scenarios need: a front on a memory bus, an extension behind it, and clients of bytes.

use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Clock, MemoryServer};
use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout};

use crate::applications::Applications;
use crate::front::{Front, FrontCounters, Tally};
use crate::identity::clients::Authenticator;
use crate::identity::tokens::Tokens;
use crate::kpc::KpcCounters;
use crate::limits::Limits;
use crate::listen::{ListenCounters, Peer, Slot};
use crate::relay::{Relay, RelayOptions};
use crate::session::{Sessions, serve};

/// A communication service without sockets, and an extension `ext`.
pub(in crate::session) struct World {
    pub(in crate::session) server: MemoryServer,
    pub(in crate::session) front: Arc<Front>,
    _extension: TestKaa,
}

/// Every test that is not failing anyway shows that nothing is lost on the way.
impl Drop for World {
    fn drop(&mut self) {
        let counters = KpcCounters::of(&self.front, ListenCounters::default());
        assert!(std::thread::panicking() || counters.has_no_gaps(), "{counters:#?}");
    }
}

impl World {
    pub(in crate::session) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(in crate::session) async fn with(limits: Limits) -> Self {
        let server = MemoryServer::new();
        let resources = resources![echo, fail, slow, observe];
        let extension = Extension::new("ext").resources(resources).build().unwrap();
        let extension = TestKaa::start_on(server.connect(), extension).await;
        let front = Arc::new(Front {
            relay: relay(&server, "kpc-0").await,
            applications: Applications::default(),
            authenticator: Authenticator::default(),
            tokens: Tokens::default(),
            sessions: Sessions::default(),
            limits,
            tally: Tally::default(),
            http: Default::default(),
        });
        Self { server, front, _extension: extension }
    }

    /// One more replica.
    pub(in crate::session) async fn relay(&self, replica: &str) -> Relay {
        relay(&self.server, replica).await
    }

    /// A connection on which nothing was said yet.
    pub(in crate::session) fn socket(&self) -> Client {
        self.socket_of(1 << 20)
    }

    /// The same; `size` bytes fit into it in each direction.
    pub(in crate::session) fn socket_of(&self, size: usize) -> Client {
        let (near, far) = tokio::io::duplex(size);
        tokio::spawn(serve(Arc::clone(&self.front), far, peer()));
        Client { socket: near }
    }

    /// An MQTT 3.1.1 client that is connected.
    pub(in crate::session) async fn v311(&self, client_id: &str) -> Client {
        let mut client = self.socket();
        client.send(&connect_v311(client_id)).await;
        client.expect(b"\x20\x02\0\0").await;
        client
    }

    /// An MQTT 5 client that is connected.
    pub(in crate::session) async fn v5(&self, client_id: &str) -> Client {
        self.v5_with(client_id, &[]).await
    }

    /// The same with properties in its CONNECT.
    pub(in crate::session) async fn v5_with(&self, client_id: &str, properties: &[u8]) -> Client {
        let mut client = self.socket();
        client.send(&connect_v5(client_id, properties)).await;
        let connack = client.packet().await;
        assert_eq!((connack[0], connack[3]), (0x20, 0), "{connack:x?}");
        client
    }

    pub(in crate::session) fn tally(&self) -> FrontCounters {
        self.front.tally.snapshot()
    }
}

async fn relay(server: &MemoryServer, replica: &str) -> Relay {
    let options = RelayOptions {
        replica: replica.parse().unwrap(),
        clock: Clock::tokio(),
        in_flight_per_connection: 1000,
        ..RelayOptions::default()
    };
    Relay::start(server.connect(), options).await.unwrap()
}

pub(in crate::session) fn peer() -> Peer {
    Peer {
        address: ([127, 0, 0, 1], 4711).into(),
        certificate: None,
        since: Instant::now(),
        slot: Slot::default(),
    }
}

/// The other end of a connection.
pub(in crate::session) struct Client {
    pub(in crate::session) socket: DuplexStream,
}

/// Longer than anything takes here but what is to be closed.
const SOON: Duration = Duration::from_secs(4);

impl Client {
    pub(in crate::session) async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    /// The next packet.
    pub(in crate::session) async fn packet(&mut self) -> Vec<u8> {
        timeout(SOON, self.read_packet()).await.expect("a packet comes")
    }

    async fn read_packet(&mut self) -> Vec<u8> {
        let mut packet = vec![self.socket.read_u8().await.expect("the connection is open")];
        let (mut len, mut shift) = (0, 0);
        loop {
            let byte = self.socket.read_u8().await.unwrap();
            packet.push(byte);
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        let start = packet.len();
        packet.resize(start + len, 0);
        self.socket.read_exact(&mut packet[start..]).await.unwrap();
        packet
    }

    /// Exactly these bytes come.
    pub(in crate::session) async fn expect(&mut self, bytes: &[u8]) {
        let packet = self.packet().await;
        assert_eq!(packet.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }

    /// Nothing comes for a while.
    pub(in crate::session) async fn expect_nothing(&mut self) {
        let mut byte = [0];
        let read = timeout(Duration::from_millis(20), self.socket.read(&mut byte)).await;
        assert!(read.is_err(), "{read:?} {byte:x?}");
    }

    /// The connection ends with these bytes.
    pub(in crate::session) async fn expect_end(&mut self, bytes: &[u8]) {
        let mut rest = Vec::new();
        let end = timeout(SOON, self.socket.read_to_end(&mut rest)).await;
        end.expect("the connection is closed").unwrap();
        assert_eq!(rest.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }

    /// The connection ends with a DISCONNECT of this reason.
    pub(in crate::session) async fn expect_disconnect(&mut self, reason: u8) {
        let packet = self.packet().await;
        let len = packet.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 1;
        assert_eq!((packet[0], packet[1 + len]), (0xe0, reason), "{}", packet.escape_ascii());
        self.expect_end(b"").await;
    }

    /// The packets that were sent so far have been looked at.
    pub(in crate::session) async fn ping(&mut self) {
        self.send(b"\xc0\0").await;
        self.expect(b"\xd0\0").await;
    }
}

/// A packet of these parts.
pub(in crate::session) fn frame(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let (mut len, mut packet) = (body.len(), vec![first]);
    loop {
        let byte = u8::try_from(len & 0x7f).unwrap();
        len >>= 7;
        packet.push(if len > 0 { byte | 0x80 } else { byte });
        if len == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}

/// A text with its length.
pub(in crate::session) fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

/// Properties with their length.
pub(in crate::session) fn properties(properties: &[u8]) -> Vec<u8> {
    assert!(properties.len() < 128);
    [&[u8::try_from(properties.len()).unwrap()], properties].concat()
}

pub(in crate::session) fn connect_v311(client_id: &str) -> Vec<u8> {
    frame(0x10, &[b"\0\x04MQTT\x04\x02\0\x3c", &text(client_id)])
}

pub(in crate::session) fn connect_v5(client_id: &str, own: &[u8]) -> Vec<u8> {
    frame(0x10, &[b"\0\x04MQTT\x05\x02\0\x3c", &properties(own), &text(client_id)])
}

/// PUBLISH of MQTT 3.1.1; QoS 0 without a packet identifier.
pub(in crate::session) fn publish(first: u8, topic: &str, packet_id: u16, payload: &[u8]) -> Vec<u8> {
    let id = packet_id.to_be_bytes();
    let id: &[u8] = if packet_id > 0 { &id } else { b"" };
    frame(first, &[&text(topic), id, payload])
}

/// The same of MQTT 5, without properties.
pub(in crate::session) fn publish_v5(first: u8, topic: &str, packet_id: u16, payload: &[u8]) -> Vec<u8> {
    let id = packet_id.to_be_bytes();
    let id: &[u8] = if packet_id > 0 { &id } else { b"" };
    frame(first, &[&text(topic), id, b"\0", payload])
}

pub(in crate::session) fn error(code: u16, reason: &str) -> Vec<u8> {
    format!(r#"{{"statusCode":{code},"reasonPhrase":"{reason}"}}"#).into_bytes()
}

#[resource("/echo")]
async fn echo(Payload(body): Payload) -> Payload {
    Payload(body)
}

#[resource("/fail")]
async fn fail() -> Result<(), Failure> {
    Err(Failure::not_found("no such thing"))
}

#[resource("/slow/{seconds}")]
async fn slow(seconds: u64) -> &'static str {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    "done"
}

/// Pushes something.
#[resource("/observe")]
async fn observe(session: Session, Payload(body): Payload) -> Result<(), Failure> {
    session.push(body.to_vec()).await.map_err(Failure::internal)
}
