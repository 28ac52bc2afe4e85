//! When to try again after the connection was lost.

use std::time::Duration;

use crate::random::random;

/// Delays that double from `first` to `longest`, each cut to a random half of itself up to the whole:
/// a thousand clients of a server that restarts do not all come back in the same millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Backoff {
    /// The delay before `attempt`, which counts from 1.
    pub(super) fn delay(self, attempt: usize) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
        let delay = self.first.saturating_mul(1 << doublings).min(self.longest);
        let half = delay / 2;
        // 1024 steps are jitter enough.
        let step = u32::try_from(random() % 1024).unwrap_or_default();
        half + half / 1024 * step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { first: Duration::from_millis(10), longest: Duration::from_millis(500) };

    #[test]
    fn delays_double_up_to_the_longest() {
        for (attempt, whole) in [(0, 10), (1, 10), (2, 20), (3, 40), (6, 320), (7, 500), (usize::MAX, 500)] {
            for _ in 0..100 {
                let delay = BACKOFF.delay(attempt);
                let whole = Duration::from_millis(whole);
                assert!(delay >= whole / 2 && delay <= whole, "attempt {attempt}: {delay:?}");
            }
        }
    }

    #[test]
    fn no_two_clients_agree_for_long() {
        let delays: std::collections::HashSet<_> = (0..100).map(|_| BACKOFF.delay(7)).collect();
        assert!(delays.len() > 50);
    }
}
