//! How much is read of a client that nobody has answered yet.

use std::io;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::super::alarm::Alarm;
use crate::limits::{Limits, Pace};

/// A socket of which only the beginning is read until somebody says [`enter`](Self::enter).
///
/// A WebSocket message is collected before any of it can be read. Its size is bounded by that of the
/// largest packet, and so much is not kept for every stranger.
///
/// Bytes come in at the pace of the connection: those of frames without content never show elsewhere.
#[derive(Debug)]
pub(super) struct Doorstep<Io> {
    io: Io,
    step: Step,
    pace: Pace,
    resume: Option<Instant>,
    resuming: Alarm,
}

#[derive(Debug)]
enum Step {
    /// When nothing is left, who reads has to wait.
    Outside {
        left: usize,
        waiting: Option<Waker>,
    },
    Inside,
}

impl<Io> Doorstep<Io> {
    /// Outside, `left` bytes are read, and a part of what comes with the last of them.
    pub(super) fn new(io: Io, left: usize, limits: &Limits) -> Self {
        // Reads are no messages.
        let limits = Limits { messages_per_second: NonZeroU32::MAX, ..*limits };
        let pace = Pace::new(&limits, Instant::now());
        let step = Step::Outside { left, waiting: None };
        Self { io, step, pace, resume: None, resuming: Alarm::default() }
    }

    /// Everything may be read from now on.
    pub(super) fn enter(&mut self) {
        let step = std::mem::replace(&mut self.step, Step::Inside);
        if let Step::Outside { waiting: Some(waiting), .. } = step {
            waiting.wake();
        }
    }

    pub(super) fn get_mut(&mut self) -> &mut Io {
        &mut self.io
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Doorstep<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, step, pace, resume, resuming } = &mut *self;
        if let Step::Outside { left: 0, waiting } = step {
            *waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        if let Some(later) = *resume {
            ready!(resuming.poll_at(later, context));
            *resume = None;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(io).poll_read(context, buffer))?;
        let came = buffer.filled().len() - before;
        *resume = pace.count(came, Instant::now());
        if let Step::Outside { left, .. } = step {
            *left = left.saturating_sub(came);
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Doorstep<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
