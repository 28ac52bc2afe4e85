//! A client that does nothing by itself.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use kaa_tests::patience::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

/// How the bytes of a client are cut into segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segments {
    /// As the row says.
    AsWritten,
    /// Each byte on its own; of a long packet the first ones.
    Bytes,
    /// Everything at once, before anything is read.
    One,
}

impl Segments {
    /// For names.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::AsWritten => 'w',
            Self::Bytes => 'b',
            Self::One => 'o',
        }
    }
}

/// A packet from the server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) first: u8,
    pub(crate) body: Vec<u8>,
}

/// The server has ended the connection.
#[derive(Debug)]
pub(crate) struct Ended;

pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    segments: Segments,
    /// Read, and not yet what was looked for.
    unexpected: VecDeque<Packet>,
    sent: Instant,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, segments: Segments) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), segments, unexpected: VecDeque::new(), sent: Instant::now() }
    }

    /// Sends these bytes, or as many as the server takes before it ends the connection.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let single = if self.segments == Segments::Bytes { bytes.len().min(300) } else { 0 };
        let (single, rest) = bytes.split_at(single);
        self.sent = Instant::now();
        for byte in single {
            if self.stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            yield_now().await;
        }
        // The server need not read what it does not want.
        let _ = timeout(PATIENCE, self.stream.write_all(rest)).await;
    }

    pub(crate) async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// The next packet that `is_wanted`. Others are in the way, unless everything was sent at once.
    pub(crate) async fn expect(
        &mut self,
        mut is_wanted: impl FnMut(&Packet) -> bool,
    ) -> Result<Result<Packet, Ended>, String> {
        if let Some(index) = self.unexpected.iter().position(&mut is_wanted) {
            return Ok(Ok(self.unexpected.remove(index).unwrap()));
        }
        loop {
            let Ok(packet) = self.next().await? else { return Ok(Err(Ended)) };
            if is_wanted(&packet) {
                return Ok(Ok(packet));
            }
            if self.segments != Segments::One {
                return Err(format!("got {packet:?}"));
            }
            self.unexpected.push_back(packet);
        }
    }

    /// Waits for the end of the connection; what comes before is in the way.
    pub(crate) async fn end(&mut self, not_before: Duration) -> Result<(), String> {
        if let Some(packet) = self.unexpected.front() {
            return Err(format!("got {packet:?}"));
        }
        if let Ok(packet) = self.next().await? {
            return Err(format!("got {packet:?}"));
        }
        let took = self.sent.elapsed();
        if took < not_before { Err(format!("ended after {took:?}")) } else { Ok(()) }
    }

    /// Whether everything that was read was expected.
    pub(crate) fn rest(&self) -> Result<(), String> {
        match self.unexpected.front() {
            Some(packet) => Err(format!("got {packet:?} as well")),
            None => Ok(()),
        }
    }

    async fn next(&mut self) -> Result<Result<Packet, Ended>, String> {
        match timeout(PATIENCE, self.read()).await {
            Ok(Ok(packet)) => Ok(packet),
            Ok(Err(error)) => Err(format!("could not read: {error}")),
            Err(_) => match self.unexpected.front() {
                Some(packet) => Err(format!("got {packet:?} and then nothing")),
                None => Err("got nothing".to_owned()),
            },
        }
    }

    async fn read(&mut self) -> io::Result<Result<Packet, Ended>> {
        let first = match self.stream.read_u8().await {
            Ok(first) => first,
            Err(error) if is_end(&error) => return Ok(Err(Ended)),
            Err(error) => return Err(error),
        };
        let (mut size, mut shift) = (0, 0);
        loop {
            let byte = self.stream.read_u8().await?;
            size |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(io::Error::other("a remaining length in more bytes than it needs"));
                }
                break;
            }
            shift += 7;
            if shift > 21 {
                return Err(io::Error::other("a remaining length of five bytes"));
            }
        }
        let mut body = vec![0; size];
        self.stream.read_exact(&mut body).await?;
        Ok(Ok(Packet { first, body }))
    }
}

/// The server need not have read everything, so that a reset is an end as well.
fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X} [", self.first)?;
        for byte in self.body.iter().take(80) {
            write!(f, " {byte:02X}")?;
        }
        write!(f, " ] ({})", String::from_utf8_lossy(&self.body[..self.body.len().min(80)]).escape_debug())
    }
}
