//! The end of a connection whose client may still be sending.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

use super::alarm::Alarm;

/// How long a client may take to notice that nobody listens any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much it may send in the meantime, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Reads what a client still sends until it stops, for a while.
///
/// Closing a socket with unread bytes resets the connection, and a reset overtakes the answer that says why
/// nobody read them (RFC 9112, section 9.6).
#[derive(Debug)]
pub(super) struct Linger {
    deadline: Option<Instant>,
    alarm: Alarm,
    left: usize,
}

impl Default for Linger {
    fn default() -> Self {
        Self { deadline: None, alarm: Alarm::default(), left: MAX_BYTES }
    }
}

impl Linger {
    /// Whether the time is over. It begins with the first call.
    pub(super) fn poll_time(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
        self.alarm.poll_at(deadline, context)
    }

    /// Whether there is nothing to wait for any more.
    pub(super) fn poll<Io>(&mut self, io: &mut Io, context: &mut Context<'_>) -> Poll<()>
    where
        Io: AsyncRead + Unpin,
    {
        let mut waste = [0; 4096];
        while self.left > 0 && self.poll_time(context).is_pending() {
            let mut waste = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut *io).poll_read(context, &mut waste)) {
                Ok(()) if !waste.filled().is_empty() => {
                    self.left = self.left.saturating_sub(waste.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}
