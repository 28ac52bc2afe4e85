//! A device that speaks MQTT, byte by byte: what it sends is exactly what a test says.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::in_time;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V311,
    V5,
}

pub(crate) use Version::{V5, V311};

/// A device that is connected.
#[derive(Debug)]
pub(crate) struct Device<Io = TcpStream> {
    io: Io,
    version: Version,
}

/// How a connection ends: silently, or with the reason of a DISCONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Silent,
    Disconnect(u8),
}

impl End {
    /// MQTT 5 is told why, MQTT 3.1.1 is not.
    pub(crate) fn because(reason: u8, version: Version) -> Self {
        if version == V5 { Self::Disconnect(reason) } else { Self::Silent }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Device<Io> {
    /// Logs in.
    ///
    /// # Errors
    ///
    /// The code of the CONNACK, or 0xff if there was none.
    pub(crate) async fn connect(
        mut io: Io,
        version: Version,
        client_id: &str,
        login: Option<(&str, &str)>,
    ) -> Result<Self, u8> {
        // It may have been closed at once.
        let _ = io.write_all(&connect(version, client_id, login)).await;
        let _ = io.flush().await;
        let mut device = Self { io, version };
        match device.packet().await {
            Some(connack) if connack.first == 0x20 && connack.body[1] == 0 => Ok(device),
            Some(connack) => Err(connack.body[1]),
            None => Err(0xff),
        }
    }

    /// Publishes with QoS 0 to a topic below `kp1/`.
    pub(crate) async fn publish(&mut self, topic: &str, payload: &[u8]) {
        self.send(&publish(self.version, topic, payload)).await;
    }

    pub(crate) async fn send(&mut self, packet: &[u8]) {
        in_time(self.io.write_all(packet)).await.unwrap();
        in_time(self.io.flush()).await.unwrap();
    }

    /// Publishes, and waits for what comes next: the last level of its topic and the payload.
    pub(crate) async fn ask(&mut self, topic: &str) -> (String, String) {
        self.publish(topic, b"hello").await;
        let (answered, payload) = self.next().await;
        let end = answered.strip_prefix(&format!("kp1/{topic}/")).expect(&answered);
        (end.to_owned(), payload)
    }

    /// The same, when it is refused: the status code.
    pub(crate) async fn refused(&mut self, topic: &str) -> u16 {
        let (end, payload) = self.ask(topic).await;
        assert_eq!(end, "error", "{payload}");
        status_code(&payload)
    }

    /// The next message: its topic and its payload.
    pub(crate) async fn next(&mut self) -> (String, String) {
        let packet = self.packet().await.expect("the connection is open");
        assert_eq!(packet.first, 0x30, "{packet:?}");
        let len = usize::from(u16::from_be_bytes([packet.body[0], packet.body[1]]));
        let (topic, rest) = packet.body[2..].split_at(len);
        let payload = match self.version {
            V311 => rest,
            V5 => &rest[1 + usize::from(rest[0])..],
        };
        (String::from_utf8(topic.to_vec()).unwrap(), String::from_utf8(payload.to_vec()).unwrap())
    }

    /// Waits for the end of the connection, and nothing else.
    pub(crate) async fn end(mut self) -> End {
        let end = match self.packet().await {
            Some(packet) if packet.first == 0xe0 => End::Disconnect(packet.body[0]),
            Some(packet) => panic!("{packet:?} instead of an end"),
            None => return End::Silent,
        };
        assert!(self.packet().await.is_none(), "something comes after DISCONNECT");
        end
    }

    /// Says goodbye.
    pub(crate) async fn leave(mut self) {
        self.send(b"\xe0\0").await;
    }

    /// The next packet; `None` at the end of the connection.
    async fn packet(&mut self) -> Option<Packet> {
        in_time(Packet::read(&mut self.io)).await.ok()
    }
}

/// A packet of the server.
#[derive(Debug)]
struct Packet {
    first: u8,
    body: Vec<u8>,
}

impl Packet {
    async fn read(io: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Self> {
        let first = io.read_u8().await?;
        let (mut len, mut shift) = (0, 0);
        loop {
            let byte = io.read_u8().await?;
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        let mut body = vec![0; len];
        io.read_exact(&mut body).await?;
        Ok(Self { first, body })
    }
}

/// The status code of the payload of an error.
pub(crate) fn status_code(payload: &str) -> u16 {
    let error: serde_json::Value = serde_json::from_str(payload).expect(payload);
    error["statusCode"].as_u64().unwrap().try_into().unwrap()
}

pub(crate) fn connect(version: Version, client_id: &str, login: Option<(&str, &str)>) -> Vec<u8> {
    let (level, properties): (u8, &[u8]) = if version == V5 { (5, b"\0") } else { (4, b"") };
    let flags = if login.is_some() { 0xc2 } else { 0x02 };
    let login = login.map(|(user_name, password)| [text(user_name), text(password)].concat());
    let header = [&text("MQTT")[..], &[level, flags, 0, 60], properties].concat();
    frame(0x10, &[&header, &text(client_id), &login.unwrap_or_default()])
}

/// PUBLISH with QoS 0 to a topic below `kp1/`.
pub(crate) fn publish(version: Version, topic: &str, payload: &[u8]) -> Vec<u8> {
    let properties: &[u8] = if version == V5 { b"\0" } else { b"" };
    frame(0x30, &[&text(&format!("kp1/{topic}")), properties, payload])
}

/// A text with its length.
fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

fn frame(first: u8, parts: &[&[u8]]) -> Vec<u8> {
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
