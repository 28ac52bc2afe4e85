//! Correlation IDs of calls that are over.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// The IDs under which an answer may still come: late, or once more. Only the last ones are
/// remembered, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Spent {
    hashes: RandomState,
    known: HashSet<u64>,
    oldest_first: VecDeque<u64>,
}

impl Spent {
    /// How many are remembered, at 100 KiB: those of a second with some thousand calls.
    pub(super) const REMEMBERED: usize = 4096;

    pub(super) fn insert(&mut self, correlation_id: &str) {
        let hash = self.hashes.hash_one(correlation_id);
        if !self.known.insert(hash) {
            return;
        }
        self.oldest_first.push_back(hash);
        if self.oldest_first.len() > Self::REMEMBERED
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, correlation_id: &str) -> bool {
        self.known.contains(&self.hashes.hash_one(correlation_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_remembered_and_no_others() {
        let mut spent = Spent::default();
        for n in 0..2 * Spent::REMEMBERED {
            spent.insert(&n.to_string());
            spent.insert(&n.to_string());
        }
        for n in 0..2 * Spent::REMEMBERED {
            assert_eq!(spent.contains(&n.to_string()), n >= Spent::REMEMBERED, "{n}");
        }
        assert_eq!((spent.known.len(), spent.oldest_first.len()), (Spent::REMEMBERED, Spent::REMEMBERED));
    }
}
