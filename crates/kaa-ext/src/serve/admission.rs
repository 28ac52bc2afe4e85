//! How much work there may be at once, by number and by bytes.

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
    fn a_request_over_the_byte_limit_is_taken_on_alone() {
        let mut admission = Admission::new(Limits { bytes: 10, ..Limits::default() });
        assert_eq!(admission.enter(100), Ok(()));
        assert_eq!(admission.enter(1), Err(Full));
        admission.leave(100);
        assert!(admission.is_empty());
    }
}
