//! A stream of bytes in the binary messages of a WebSocket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::super::alarm::Alarm;
use super::super::linger::Linger;
use super::frames::{Frames, Goodbye};
use crate::limits::{Limits, Pace};

/// The largest message sent; what is longer goes out in several. An idle connection keeps two buffers of
/// this size at most.
const MESSAGE: usize = 4096;

/// What MQTT reads and writes when it comes over WebSocket.
///
/// Packets and messages need not begin or end together (MQTT 5, section 6). What is written between two
/// flushes is one message, up to four KiB.
///
/// Nothing is collected of what comes in, neither frames nor messages: data is read into the buffer of
/// whoever reads, and their heads are taken out there. A library that hands out messages would keep a
/// packet's worth of memory for every stranger who begins one, and for every connection that once got one.
#[derive(Debug)]
pub(in super::super) struct ByteStream<Io> {
    io: Io,
    frames: Frames,
    /// The message that is being written.
    message: BytesMut,
    /// Frames that the network has yet to take.
    outgoing: BytesMut,
    /// How often a client may send frames that are of no use to MQTT. The others are counted by who reads.
    pace: Pace,
    resume: Option<Instant>,
    resuming: Alarm,
    end: End,
    linger: Linger,
}

/// How far the end of the connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NotYet,
    /// The client is to be told so.
    Due(Goodbye),
    /// It has been told, or is gone.
    Told,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> ByteStream<Io> {
    /// The stream on a socket whose handshake is over.
    pub(in super::super) fn new(io: Io, limits: &Limits) -> Self {
        Self {
            io,
            frames: Frames::default(),
            message: BytesMut::new(),
            outgoing: BytesMut::new(),
            pace: Pace::new(limits, Instant::now()),
            resume: None,
            resuming: Alarm::default(),
            end: End::NotYet,
            linger: Linger::default(),
        }
    }

    /// Reads something, and decodes it.
    fn poll_data(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        let came = buffer.filled_mut().get_mut(before..).unwrap_or_default();
        if came.is_empty() {
            self.end = End::Told;
            return Poll::Ready(Ok(()));
        }
        let decoded = self.frames.decode(came);
        buffer.set_filled(before + decoded.data);
        for _ in 0..decoded.vain {
            self.resume = self.pace.count(0, Instant::now()).max(self.resume);
        }
        // Not every ping needs its answer (RFC 6455, section 5.5.3).
        if let Some(ping) = decoded.ping.filter(|_| self.outgoing.len() < MESSAGE) {
            self.frame(OpCode::Control(Control::Pong), &ping);
        }
        if let Some(goodbye) = decoded.end {
            self.end = End::Due(goodbye);
        }
        Poll::Ready(Ok(()))
    }

    fn frame(&mut self, opcode: OpCode, payload: &[u8]) {
        let head = FrameHeader { opcode, ..FrameHeader::default() };
        let len = u64::try_from(payload.len()).unwrap_or(u64::MAX);
        // A buffer takes whatever is written.
        let _ = head.format(len, &mut (&mut self.outgoing).writer());
        self.outgoing.extend_from_slice(payload);
    }

    /// Sends the frames that are ready.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let sent = ready!(Pin::new(&mut self.io).poll_write(context, &self.outgoing))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Makes a frame of the message, when there is room for it.
    fn poll_seal(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.message.is_empty() {
            ready!(self.poll_send(context))?;
            let mut message = std::mem::take(&mut self.message);
            self.frame(OpCode::Data(Data::Binary), &message);
            message.clear();
            self.message = message;
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the client that this is the end, and why. One that is gone need not know.
    fn poll_tell(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let End::Due(goodbye) = self.end {
            let code = goodbye.map(|code| u16::from(code).to_be_bytes());
            self.frame(OpCode::Control(Control::Close), code.as_ref().map_or(&[], |code| code));
            self.end = End::Told;
        }
        let sent = ready!(self.poll_send(context));
        let flushed = sent.map(|()| Pin::new(&mut self.io).poll_flush(context));
        flushed.map_or(Poll::Ready(()), |flushed| flushed.map(|_| ()))
    }

    /// Says goodbye, and waits for the client to do so.
    fn poll_goodbye(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.end == End::NotYet {
            // What cannot be sent any more does not keep the end from coming.
            let _ = ready!(self.poll_seal(context));
            self.end = End::Due(Some(CloseCode::Normal));
        }
        ready!(self.poll_tell(context));
        let mut waste = [0; 1024];
        while !self.frames.is_over() {
            let mut waste = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut self.io).poll_read(context, &mut waste)) {
                Ok(()) if !waste.filled().is_empty() => drop(self.frames.decode(waste.filled_mut())),
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncRead for ByteStream<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            // Pongs go as they can. What the network does not take now goes with the next message.
            if let Poll::Ready(sent) = self.poll_send(context) {
                sent?;
            }
            if self.end != End::NotYet || buffer.filled().len() > before {
                break;
            }
            if let Some(resume) = self.resume {
                ready!(self.resuming.poll_at(resume, context));
                self.resume = None;
            }
            ready!(self.poll_data(context, buffer))?;
        }
        if buffer.filled().len() == before {
            ready!(self.poll_tell(context));
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ByteStream<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.end != End::NotYet {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if self.message.len() >= MESSAGE {
            ready!(self.poll_seal(context))?;
        }
        let room = MESSAGE.saturating_sub(self.message.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.message.extend_from_slice(taken);
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_seal(context))?;
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.poll_time(context).is_pending() {
            ready!(self.poll_goodbye(context));
        }
        let Self { io, linger, .. } = &mut *self;
        ready!(Pin::new(&mut *io).poll_shutdown(context))?;
        linger.poll(io, context).map(Ok)
    }
}

#[cfg(test)]
mod tests;
