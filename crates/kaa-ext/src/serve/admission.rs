//! How much work there may be at once, by number and by bytes.

use kaa_bus::Backlog;

use crate::limits::Limits;

/// A counter with a ceiling. It belongs to one task, so it needs neither lock nor atomics.
pub(super) struct Admission {
    limits: Limits,
    requests: usize,
    bytes: usize,
}

impl Admission {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, requests: 0, bytes: 0 }
    }

    /// Takes a request of this size on, or says that the extension is full.
    ///
    /// A request larger than the byte limit is still taken on when it is alone.
    pub(super) fn enter(&mut self, bytes: usize) -> Result<(), Full> {
        let total = self.bytes.saturating_add(bytes);
        if self.requests >= self.limits.requests || (total > self.limits.bytes && self.requests > 0) {
            return Err(Full);
        }
        self.requests += 1;
        self.bytes = total;
        Ok(())
    }

    /// Takes a request on that came in while there was room, whatever its size.
    pub(super) fn enter_anyway(&mut self, bytes: usize) {
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Whether not even the smallest request has room.
    pub(super) fn is_full(&self) -> bool {
        self.requests >= self.limits.requests || self.bytes >= self.limits.bytes
    }

    /// Whether so many requests that nobody has looked at are more than there may be.
    pub(super) fn is_exceeded_by(&self, backlog: Backlog) -> bool {
        backlog.messages > self.limits.requests || backlog.bytes > self.limits.bytes / 2
    }

    /// Gives the place of a request of this size back.
    pub(super) fn leave(&mut self, bytes: usize) {
        self.requests = self.requests.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests == 0
    }
}

/// There is no room for another request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_are_exact() {
        let mut admission = Admission::new(Limits { requests: 2, bytes: 10, ..Limits::default() });
        assert_eq!(admission.enter(6), Ok(()));
        assert_eq!(admission.enter(5), Err(Full));
        assert_eq!(admission.enter(4), Ok(()));
        assert_eq!(admission.enter(0), Err(Full));
        admission.leave(6);
        assert_eq!(admission.enter(6), Ok(()));
    }

    #[test]
    fn what_came_in_while_there_was_room_is_taken_on_and_then_there_is_none() {
        let mut admission = Admission::new(Limits { requests: 9, bytes: 10, ..Limits::default() });
        admission.enter_anyway(9);
        assert!(!admission.is_full());
        admission.enter_anyway(9);
        assert!(admission.is_full());
        admission.leave(9);
        assert!(!admission.is_full());
    }

    #[test]
    fn what_waits_unseen_is_too_much_beyond_the_number_or_half_of_the_bytes() {
        let admission = Admission::new(Limits { requests: 9, bytes: 10, ..Limits::default() });
        for (messages, bytes, is_too_much) in [(9, 5, false), (10, 5, true), (9, 6, true)] {
            assert_eq!(admission.is_exceeded_by(Backlog { messages, bytes }), is_too_much);
        }
    }

    #[test]
    fn a_request_over_the_byte_limit_is_taken_on_alone() {
        let mut admission = Admission::new(Limits { bytes: 10, ..Limits::default() });
        assert_eq!(admission.enter(100), Ok(()));
        assert_eq!(admission.enter(1), Err(Full));
        admission.leave(100);
        assert!(admission.is_empty());
    }
}
