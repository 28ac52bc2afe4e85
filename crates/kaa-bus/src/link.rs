//! The state of the connection and the counters, shared by everything that belongs to it.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use tokio::sync::watch;

use crate::denials::Denials;
use crate::stats::Counters;

/// Whether the bus can carry messages right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Messages flow.
    Connected,
    /// The server is away; the bus tries to get back. Publishing is refused meanwhile.
    Disconnected,
    /// [`Bus::close`](crate::Bus::close) was called. There is no way back.
    Closed,
}

impl Connection {
    const CONNECTED: u8 = 0;
    const DISCONNECTED: u8 = 1;
    const CLOSED: u8 = 2;

    fn from_code(code: u8) -> Self {
        match code {
            Self::CONNECTED => Self::Connected,
            Self::DISCONNECTED => Self::Disconnected,
            _ => Self::Closed,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Connected => Self::CONNECTED,
            Self::Disconnected => Self::DISCONNECTED,
            Self::Closed => Self::CLOSED,
        }
    }
}

/// One connection: its state, once for the hot path and once for those who wait, and its counters.
#[derive(Debug)]
pub(crate) struct Link {
    code: AtomicU8,
    watch: watch::Sender<Connection>,
    expected: AtomicUsize,
    pub(crate) counters: Counters,
    pub(crate) denials: Denials,
}

impl Link {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            code: AtomicU8::new(connection.code()),
            watch: watch::Sender::new(connection),
            expected: AtomicUsize::new(0),
            counters: Counters::default(),
            denials: Denials::new(),
        }
    }

    /// One atomic load: every publish asks.
    pub(crate) fn connection(&self) -> Connection {
        Connection::from_code(self.code.load(Ordering::Acquire))
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Connection> {
        self.watch.subscribe()
    }

    /// Enters `next` and returns what was before. Nothing leaves [`Connection::Closed`].
    pub(crate) fn enter(&self, next: Connection) -> Connection {
        let mut before = next;
        // The channel's lock makes the two representations change together.
        self.watch.send_if_modified(|connection| {
            before = *connection;
            if before == next || before == Connection::Closed {
                return false;
            }
            *connection = next;
            self.code.store(next.code(), Ordering::Release);
            true
        });
        before
    }

    /// One more answer is on its way.
    pub(crate) fn expect(&self) {
        self.expected.fetch_add(1, Ordering::Relaxed);
    }

    /// It has come, or nobody waits for it any more.
    pub(crate) fn expect_no_more(&self) {
        self.expected.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether an answer is on its way that somebody waits for.
    pub(crate) fn is_expecting(&self) -> bool {
        self.expected.load(Ordering::Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_closed() {
        let link = Link::new(Connection::Connected);
        assert_eq!(link.enter(Connection::Disconnected), Connection::Connected);
        assert_eq!(link.enter(Connection::Closed), Connection::Disconnected);
        assert_eq!(link.enter(Connection::Connected), Connection::Closed);
        assert_eq!(link.connection(), Connection::Closed);
        assert_eq!(*link.watch().borrow(), Connection::Closed);
    }
}
