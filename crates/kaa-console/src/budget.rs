//! How many messages are shown a second.

use crate::limits::{BYTES_PER_SECOND, GONE_PER_SECOND, PER_SECOND};

/// What is left of a second. Exchanges and their answers have shares of their own, so that those that are shown are
/// shown with their answers.
#[derive(Debug)]
pub(crate) struct Budget {
    exchanges: u32,
    answers: u32,
    bytes: usize,
    gone_bytes: usize,
    /// Messages that were not shown since somebody asked.
    skipped: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            exchanges: PER_SECOND,
            answers: 2 * PER_SECOND,
            bytes: BYTES_PER_SECOND,
            gone_bytes: GONE_PER_SECOND,
            skipped: 0,
        }
    }
}

impl Budget {
    /// Whether a message of this size begins an exchange that is shown.
    pub(crate) fn begins(&mut self, bytes: usize) -> bool {
        Self::takes(&mut self.exchanges, &mut self.bytes, bytes)
    }

    /// Whether a message of this size is decoded which may be an answer to what is shown.
    pub(crate) fn answers(&mut self, bytes: usize) -> bool {
        Self::takes(&mut self.answers, &mut self.bytes, bytes)
    }

    /// Whether a message of this size is looked at that says which endpoints are gone.
    pub(crate) fn tells_who_is_gone(&mut self, bytes: usize) -> bool {
        let left = self.gone_bytes.checked_sub(bytes);
        self.gone_bytes = left.unwrap_or(self.gone_bytes);
        left.is_some()
    }

    fn takes(left: &mut u32, left_bytes: &mut usize, bytes: usize) -> bool {
        let fits = *left > 0 && *left_bytes >= bytes;
        if fits {
            *left -= 1;
            *left_bytes -= bytes;
        }
        fits
    }

    /// Counts messages that are not shown.
    pub(crate) fn skip(&mut self, count: u64) {
        self.skipped += count;
    }

    /// A second is over: how many messages of it were not shown.
    pub(crate) fn renew(&mut self) -> u64 {
        std::mem::take(self).skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_so_many_and_the_next_one_again() {
        let mut budget = Budget::default();
        let shown = (0..1_000).filter(|_| budget.begins(1)).count();
        assert_eq!(shown, 500);
        assert!(budget.answers(1), "answers have a share of their own");
        budget.skip(500);
        assert_eq!(budget.renew(), 500);
        assert!(budget.begins(1));
        assert_eq!(budget.renew(), 0);
    }

    #[test]
    fn a_second_has_room_for_so_many_bytes() {
        let mut budget = Budget::default();
        let shown = (0..500).filter(|_| budget.begins(1 << 20)).count();
        assert_eq!(shown, 8);
        assert!(!budget.answers(1 << 20));
        assert!(budget.tells_who_is_gone(1 << 20), "who is gone is known all the same");
        assert!(!budget.tells_who_is_gone(1));
    }
}
