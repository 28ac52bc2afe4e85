//! Whose an observation is: of the replica with the greatest claim.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use kaa_ext::bus::Clock;
use kaa_ext::protocol::name::ReplicaId;

/// How far ahead of the own clock a claim may be. No clock is that wrong, and a claim from the end of time
/// could never be outdone.
const MAX_AHEAD_MILLIS: i64 = 24 * 3600 * 1000;

/// Who took an observation, and when. Of two that take it at once, both know which one has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim {
    /// By the claimant's [`ClaimClock`].
    pub(crate) time: i64,
    pub(crate) replica: ReplicaId,
}

/// A clock that is never behind a claim it has heard of (a hybrid logical clock), so who takes over wins,
/// whatever its system's clock says. Milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct ClaimClock {
    latest: AtomicI64,
    clock: Clock,
}

impl ClaimClock {
    pub(crate) const fn new(clock: Clock) -> Self {
        Self { latest: AtomicI64::new(0), clock }
    }

    /// A time after all that were heard of.
    pub(crate) fn next(&self) -> i64 {
        let next = |latest: i64| self.clock.millis().max(latest.saturating_add(1));
        let before = self.latest.fetch_update(Relaxed, Relaxed, |latest| Some(next(latest)));
        // The clock may have moved in between; what counts is what was stored, or more.
        let next = next(before.unwrap_or_else(|latest| latest));
        self.latest.fetch_max(next, Relaxed);
        next
    }

    /// Hears of a time; `false` when it cannot be one.
    pub(crate) fn hear(&self, time: i64) -> bool {
        let is_possible = time <= self.clock.millis().saturating_add(MAX_AHEAD_MILLIS);
        if is_possible {
            self.latest.fetch_max(time, Relaxed);
        }
        is_possible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_greater_than_all_that_were_heard_of() {
        let clock = ClaimClock::new(Clock::System);
        let first = clock.next();
        let ahead = Clock::System.millis() + MAX_AHEAD_MILLIS / 2;
        assert!(clock.hear(ahead) && clock.hear(0) && clock.hear(i64::MIN));
        let (second, third) = (clock.next(), clock.next());
        assert!(first < ahead && second == ahead + 1 && third > second);
    }

    #[test]
    fn a_claim_from_the_end_of_time_is_none() {
        let clock = ClaimClock::new(Clock::System);
        assert!(!clock.hear(i64::MAX) && !clock.hear(Clock::System.millis() + MAX_AHEAD_MILLIS + 60_000));
        assert!(clock.hear(Clock::System.millis() + MAX_AHEAD_MILLIS - 1));
        assert!(clock.next() <= Clock::System.millis() + MAX_AHEAD_MILLIS);
    }
}
