//! What stands between a socket and hyper.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::alarm::Alarm;
use super::connection::Connection;
use super::linger::Linger;
use super::screen::{Place, Screen};
use crate::limits::Pace;

/// Lets through what a client sends at its pace and beyond doubt, and what is sent to it in time.
#[derive(Debug)]
pub(super) struct Guard<Io> {
    io: Io,
    connection: Arc<Connection>,
    screen: Screen,
    /// What hyper gets in place of what was refused.
    poison: Option<&'static [u8]>,
    pace: Pace,
    resume: Option<Instant>,
    resuming: Alarm,
    /// How long the network may take to accept something.
    patience: Duration,
    /// Since when it has not.
    stuck: Option<Instant>,
    unstuck: Alarm,
    has_ended: bool,
    linger: Linger,
}

/// hyper answers 400 to a head with a NUL, wherever it is, and ends a chunked body with an error. The
/// empty lines make it look at all.
const POISON: &[u8] = b"\0\n\r\n\r\n";

impl<Io> Guard<Io> {
    pub(super) fn new(io: Io, connection: Arc<Connection>) -> Self {
        let limits = &connection.front.limits;
        Self {
            io,
            screen: Screen::new(),
            poison: None,
            pace: Pace::new(limits, Instant::now()),
            resume: None,
            resuming: Alarm::default(),
            patience: limits.write,
            stuck: None,
            unstuck: Alarm::default(),
            has_ended: false,
            linger: Linger::default(),
            connection,
        }
    }

    /// The socket, for another protocol.
    pub(super) fn into_inner(self) -> Io {
        self.io
    }

    /// Looks at what has just been read, and cuts off what is in doubt.
    fn inspect(&mut self, before: usize, buffer: &mut ReadBuf<'_>) {
        let Self { screen, pace, resume, .. } = self;
        let place = screen.place();
        let came = buffer.filled().get(before..).unwrap_or_default();
        let count = |size| *resume = pace.count(size, Instant::now()).max(*resume);
        if let Err(good) = screen.follow(came, count) {
            buffer.set_filled(before + good);
            self.poison = Some(POISON);
        }
        let is_head = screen.place() == Place::Head;
        if is_head != (place == Place::Head) {
            self.connection.note_head(is_head);
        }
    }

    /// Watches how long the network takes.
    fn timed<T>(&mut self, done: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            if self.stuck.take().is_some() {
                self.connection.note_stuck(false);
            }
            return done;
        }
        if self.stuck.is_none() {
            self.connection.note_stuck(true);
        }
        let stuck = *self.stuck.get_or_insert_with(Instant::now);
        ready!(self.unstuck.poll_at(stuck + self.patience, context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Guard<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(resume) = this.resume {
            ready!(this.resuming.poll_at(resume, context));
            this.resume = None;
        }
        let before = buffer.filled().len();
        if this.poison.is_none() {
            ready!(Pin::new(&mut this.io).poll_read(context, buffer))?;
            this.has_ended = buffer.filled().len() == before;
            this.inspect(before, buffer);
        }
        if let Some(poison) = &mut this.poison
            && buffer.filled().len() == before
        {
            let (now, later) = poison.split_at(poison.len().min(buffer.remaining()));
            buffer.put_slice(now);
            *poison = later;
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.io).poll_write(context, bytes);
        self.timed(done, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.timed(done, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.io).poll_flush(context);
        self.timed(done, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.io).poll_shutdown(context);
        ready!(self.timed(done, context))?;
        let this = &mut *self;
        if !this.has_ended {
            ready!(this.linger.poll(&mut this.io, context));
        }
        Poll::Ready(Ok(()))
    }
}
