//! Requests in the order in which they went out. Those that are over stay until they are in the way.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Line(VecDeque<u64>);

impl Line {
    /// How many that are over are put up with, beside as many as wait.
    const SLACK: usize = 64;

    /// A request went out, and so many of this line wait now.
    pub(super) fn join(&mut self, request: u64, waiting: usize, waits: impl Fn(u64) -> bool) {
        self.0.push_back(request);
        if self.0.len() > 2 * waiting + Self::SLACK {
            self.0.retain(|request| waits(*request));
        }
    }

    /// The oldest that still waits.
    pub(super) fn oldest(&mut self, waits: impl Fn(u64) -> bool) -> Option<u64> {
        while let Some(request) = self.0.front().copied() {
            if waits(request) {
                return Some(request);
            }
            self.0.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_waits_is_first_and_the_others_do_not_pile_up() {
        let mut line = Line::default();
        // The first one waits for ever, as do the last ten.
        for request in 0..10_000_u64 {
            line.join(request, 11, |waiting| waiting == 0 || waiting + 10 > request);
        }
        assert!(line.0.len() <= 2 * 11 + Line::SLACK);
        assert_eq!(line.oldest(|_| true), Some(0));
        assert_eq!(line.oldest(|waiting| waiting > 9_990), Some(9_991));
        assert_eq!(line.oldest(|_| false), None);
        assert!(line.0.is_empty());
    }
}
