//! The byte stream of one connection, and what has been read of it.

use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::output::Output;
use crate::mqtt::packet::ClientPacket;
use crate::mqtt::{Capabilities, DecodeError, Decoder};

/// How much is read at once, in bytes. Most messages of devices are smaller.
const CHUNK: usize = 2048;
/// How long the other end may take to close after we did, and how many bytes it may still send.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 64 * 1024;

/// A connection. It has memory for what was read only while there is a part of a packet, or packets that
/// have to wait.
#[derive(Debug)]
pub(super) struct Link<Io> {
    io: Io,
    decoder: Decoder,
    input: BytesMut,
    /// Something was written that the stream may still hold back.
    is_unflushed: bool,
}

impl<Io> Link<Io> {
    pub(super) fn new(io: Io, capabilities: Capabilities) -> Self {
        Self { io, decoder: Decoder::new(capabilities), input: BytesMut::new(), is_unflushed: false }
    }

    /// Insists on something else from the next packet on.
    pub(super) fn set_capabilities(&mut self, capabilities: Capabilities) {
        self.decoder.set_capabilities(capabilities);
    }

    /// The next packet that has been read, and its size in bytes.
    pub(super) fn next_packet(&mut self) -> Result<Option<(ClientPacket, usize)>, DecodeError> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let before = self.input.len();
        let packet = self.decoder.decode(&mut self.input)?;
        let size = before - self.input.len();
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        Ok(packet.map(|packet| (packet, size)))
    }

    /// Whether a part of a packet is there. Asked after [`next_packet`](Self::next_packet) found no whole one.
    pub(super) fn has_part(&self) -> bool {
        !self.input.is_empty()
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Link<Io> {
    /// Reads what is there; how many bytes, 0 at the end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.input.is_empty() {
            // Read beside the buffer, which then gets the size that it needs: an idle connection has none.
            let mut chunk = [MaybeUninit::uninit(); CHUNK];
            let mut read = ReadBuf::uninit(&mut chunk);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
            self.input = BytesMut::from(read.filled());
            return Poll::Ready(Ok(self.input.len()));
        }
        // The rest of a packet. Doubling copies each byte once at most, and reserves nothing because of
        // what a packet says of its size.
        self.input.reserve(self.input.len().max(CHUNK));
        pin!(self.io.read_buf(&mut self.input)).poll(cx)
    }

    /// Sends the output. `Ready` when all of it is out, and nothing is held back.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<()>> {
        while !output.is_empty() {
            let count = ready!(Pin::new(&mut self.io).poll_write(cx, output.bytes()))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            output.sent(count);
            self.is_unflushed = true;
        }
        if self.is_unflushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends the output and says that nothing more comes.
    ///
    /// # Errors
    ///
    /// The connection is gone, or it did not take that within `time`.
    pub(super) async fn finish(&mut self, output: &mut Output, time: Duration) -> io::Result<()> {
        let finish = async {
            std::future::poll_fn(|cx| self.poll_send(cx, output)).await?;
            self.io.shutdown().await
        };
        tokio::time::timeout(time, finish).await?
    }

    /// Waits until the other end has closed, too. A socket that is closed with something unread takes back
    /// what was sent last.
    pub(super) async fn linger(&mut self) {
        self.input = BytesMut::new();
        let mut left = LINGER_BYTES;
        let discard = async {
            while left > 0 {
                match std::future::poll_fn(|cx| self.poll_discard(cx)).await {
                    Ok(count) if count > 0 => left = left.saturating_sub(count),
                    _ => break,
                }
            }
        };
        // Whoever has not closed by then does not want to know.
        let _ = tokio::time::timeout(LINGER, discard).await;
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [MaybeUninit::uninit(); CHUNK];
        let mut read = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
        Poll::Ready(Ok(read.filled().len()))
    }
}
