//! What became of requests over HTTP, counted.

use crate::counters::counters;

counters! {
    /// What became of requests over HTTP, at one moment.
    ///
    /// Every request ends in exactly one way:
    ///
    /// ```text
    /// requests = sent + refused + abandoned + upgraded                                         + in flight
    /// ```
    ///
    /// The other figures say more about some of these, or about what is no request; they are not part of the sum.
    pub struct HttpCounters;
    /// The living figures behind [`HttpCounters`].
    pub(crate) struct Tally;
    /// Requests whose head was read, whatever became of them.
    requests
    /// Requests that went to an extension. The relay counts what becomes of those.
    sent
    /// Requests that were answered with an error instead.
    refused
    /// Requests whose client was gone, or cut off, before one of the others.
    abandoned
    /// Requests that made their connection a WebSocket.
    upgraded
    /// Requests to an extension whose answer was handed over to their connection.
    answered
    /// Connections that ended because what came is no request, and was answered with an error if at all.
    malformed
    /// Connections closed because a head took too long to arrive.
    slow_heads
}

impl HttpCounters {
    /// Whether every request is accounted for, and none twice: true whenever none is in flight.
    pub fn is_balanced(&self) -> bool {
        self.requests == self.sent + self.refused + self.abandoned + self.upgraded
    }
}

/// What becomes of one request. Dropping it before anything has is the end of its client.
#[derive(Debug)]
pub(super) struct Fate<'a> {
    tally: &'a Tally,
    is_open: bool,
}

impl<'a> Fate<'a> {
    /// A request came.
    pub(super) fn new(tally: &'a Tally) -> Self {
        tally.requests();
        Self { tally, is_open: true }
    }

    pub(super) fn sent(&mut self) {
        self.decide(Tally::sent);
    }

    pub(super) fn refused(&mut self) {
        self.decide(Tally::refused);
    }

    pub(super) fn upgraded(&mut self) {
        self.decide(Tally::upgraded);
    }

    fn decide(&mut self, count: fn(&Tally)) {
        self.is_open = false;
        count(self.tally);
    }
}

impl Drop for Fate<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.tally.abandoned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_becomes_nothing_is_abandoned() {
        let tally = Tally::default();
        for decide in [Fate::sent, Fate::refused, Fate::upgraded] {
            let mut fate = Fate::new(&tally);
            assert!(!tally.snapshot().is_balanced());
            decide(&mut fate);
            assert!(tally.snapshot().is_balanced());
        }
        drop(Fate::new(&tally));
        let HttpCounters { requests, abandoned, .. } = tally.snapshot();
        assert_eq!((requests, abandoned, tally.snapshot().is_balanced()), (4, 1, true));
    }
}
