//! A stream of bytes in the binary messages of a WebSocket.

use std::io;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::super::alarm::Alarm;
use super::super::linger::Linger;
use super::doorstep::Doorstep;
use crate::limits::{Limits, Pace};

/// How much is read at once. Every idle connection keeps a buffer of this size.
const READ: usize = 2048;

/// The largest message sent; what is longer goes out in several. The buffer for it stays, too.
const MESSAGE: usize = 4096;

/// What MQTT reads and writes when it comes over WebSocket.
///
/// Packets and messages need not begin or end together (MQTT 5, section 6). What is written between two
/// flushes is one message, up to four KiB. Until something is written, only the beginning of what the
/// client sends is read: the first packet of a server is the answer to CONNECT.
#[derive(Debug)]
pub(in super::super) struct ByteStream<Io> {
    socket: WebSocketStream<Doorstep<Io>>,
    /// What came and was not read yet.
    incoming: Bytes,
    /// What was written and not flushed yet.
    outgoing: BytesMut,
    /// How often a client may send what is of no use to MQTT.
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
    Due(CloseCode),
    /// It has been told.
    Told,
    /// It has said so itself, or is gone.
    Come,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> ByteStream<Io> {
    /// The stream on a socket whose handshake is over.
    pub(in super::super) async fn new(io: Io, limits: &Limits) -> Self {
        let size = |limit: NonZeroU32| usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(0)
            .max_write_buffer_size(4 * MESSAGE)
            .max_message_size(Some(size(limits.packet)))
            .max_frame_size(Some(size(limits.packet)));
        // Twice, because a packet may come in frames as small as their heads.
        let first = size(limits.packet_before_login).saturating_mul(2);
        let socket = Doorstep::new(io, first, limits);
        Self {
            socket: WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await,
            incoming: Bytes::new(),
            outgoing: BytesMut::new(),
            pace: Pace::new(limits, Instant::now()),
            resume: None,
            resuming: Alarm::default(),
            end: End::NotYet,
            linger: Linger::default(),
        }
    }

    /// Takes the next message in; `false` when there will be none.
    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.end == End::NotYet {
            if let Some(resume) = self.resume {
                ready!(self.resuming.poll_at(resume, context));
                self.resume = None;
            }
            // The message before goes only with the next one: as long as it is there, its buffer is not used
            // again, so a large one does not stay with an idle connection.
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(Message::Binary(bytes))) if !bytes.is_empty() => {
                    self.incoming = bytes;
                    return Poll::Ready(Ok(true));
                }
                Some(Ok(Message::Text(_))) => self.end = End::Due(CloseCode::Unsupported),
                // Pings, and the end that the client asks for, are answered with the next read.
                Some(Ok(message)) => self.resume = self.pace.count(message.len(), Instant::now()),
                Some(Err(Error::Io(error))) => return Poll::Ready(Err(error)),
                Some(Err(error)) => self.end = verdict(&error),
                None => self.end = End::Come,
            }
        }
        self.poll_tell(context).map(|()| Ok(false))
    }

    /// Sends what was written as one message.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.outgoing.is_empty() {
            self.socket.get_mut().enter();
            ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(failure)?;
            let message = Message::Binary(self.outgoing.split().freeze());
            Pin::new(&mut self.socket).start_send(message).map_err(failure)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the client why this is the end. One that is gone need not know.
    fn poll_tell(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let End::Due(code) = self.end {
            if ready!(Pin::new(&mut self.socket).poll_ready(context)).is_ok() {
                let frame = CloseFrame { code, reason: "".into() };
                let _ = Pin::new(&mut self.socket).start_send(Message::Close(Some(frame)));
            }
            self.end = End::Told;
        }
        Pin::new(&mut self.socket).poll_flush(context).map(|_| ())
    }

    /// Says goodbye, and waits for the client to do so.
    fn poll_goodbye(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.get_mut().enter();
        if self.end == End::NotYet {
            // What cannot be sent any more does not keep the end from coming.
            let _ = ready!(self.poll_send(context));
            self.end = End::Due(CloseCode::Normal);
        }
        ready!(self.poll_tell(context));
        while self.end == End::Told {
            if !matches!(ready!(Pin::new(&mut self.socket).poll_next(context)), Some(Ok(_))) {
                self.end = End::Come;
            }
        }
        Poll::Ready(())
    }
}

/// What follows from what a client has sent.
fn verdict(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Due(CloseCode::Size),
        Error::Utf8(_) => End::Due(CloseCode::Invalid),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Come,
        _ => End::Due(CloseCode::Protocol),
    }
}

fn failure(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::new(io::ErrorKind::BrokenPipe, error),
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncRead for ByteStream<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.incoming.is_empty() && !ready!(self.poll_message(context))? {
            return Poll::Ready(Ok(()));
        }
        let len = self.incoming.len().min(buffer.remaining());
        buffer.put_slice(self.incoming.get(..len).unwrap_or_default());
        self.incoming.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ByteStream<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.outgoing.len() >= MESSAGE {
            ready!(self.poll_send(context))?;
        }
        let room = MESSAGE.saturating_sub(self.outgoing.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.outgoing.extend_from_slice(taken);
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.socket).poll_flush(context).map_err(failure)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_over = self.linger.poll_time(context).is_ready();
        if !is_over {
            ready!(self.poll_goodbye(context));
        }
        let Self { socket, linger, .. } = &mut *self;
        let io = socket.get_mut().get_mut();
        ready!(Pin::new(&mut *io).poll_shutdown(context))?;
        linger.poll(io, context).map(Ok)
    }
}

#[cfg(test)]
mod tests;
