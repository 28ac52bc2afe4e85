//! The end of a call: one who takes replies.

use bytes::Bytes;

/// One who waits for replies.
pub(super) trait Take: Send {
    /// Takes a reply with the right correlation ID.
    fn take(&mut self, datum: &Bytes) -> Taken;

    /// Learns that nobody listens, and that there will be no reply.
    fn nobody_listens(self: Box<Self>);
}

/// What became of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was waited for, and nothing else is.
    Last,
    /// It was waited for, and so are others.
    Wanted,
    /// It was not: from a stranger, or the second one.
    Unwanted,
}
