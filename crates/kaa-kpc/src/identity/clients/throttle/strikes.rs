//! What is remembered of the failures of one user or address.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::identity::clients::options::GuessLimit;

/// Failures of late, and the wait they have led to.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    /// When evaluations failed within the window; never more than [`GuessLimit::evaluations`].
    failed: VecDeque<Instant>,
    /// Evaluations that have not come out yet.
    under_way: u32,
    /// How long the next evaluation is put off; nothing while there were few failures.
    delay: Duration,
    /// When the wait is over, if there is one.
    not_before: Option<Instant>,
}

impl Strikes {
    /// Whether an evaluation may begin; if not, when it is worth asking again.
    pub(super) fn allow(&mut self, limit: &GuessLimit, now: Instant) -> Result<(), Duration> {
        self.forget(limit, now);
        let wait = self.not_before.map_or(Duration::ZERO, |then| then.saturating_duration_since(now));
        if !wait.is_zero() {
            return Err(wait);
        }
        // One that is under way may fail, too.
        if self.failed.len().saturating_add(count(self.under_way)) < count(limit.evaluations.get()) {
            return Ok(());
        }
        let age = self.failed.front().map(|oldest| now.saturating_duration_since(*oldest));
        Err(age.map_or(limit.first_delay, |age| limit.window.saturating_sub(age)))
    }

    /// An evaluation begins. Where each has to wait, the wait of the next one begins now.
    pub(super) fn begin(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_add(1);
        self.put_off(now);
    }

    /// An evaluation came out.
    pub(super) fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// What came out is a failure.
    pub(super) fn fail(&mut self, limit: &GuessLimit, now: Instant) {
        self.forget(limit, now);
        self.failed.push_back(now);
        if self.failed.len() > count(limit.evaluations.get()) {
            self.failed.pop_front();
        }
        if !self.delay.is_zero() || self.failed.len() >= count(limit.failures.get()) {
            self.delay = (self.delay.saturating_mul(2)).max(limit.first_delay).min(limit.longest_delay);
            self.put_off(now);
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_blank(&mut self, limit: &GuessLimit, now: Instant) -> bool {
        self.forget(limit, now);
        self.under_way == 0 && self.failed.is_empty() && self.delay.is_zero()
    }

    fn put_off(&mut self, now: Instant) {
        if !self.delay.is_zero() {
            self.not_before = now.checked_add(self.delay);
        }
    }

    fn forget(&mut self, limit: &GuessLimit, now: Instant) {
        let is_over = |then: &Instant| now.saturating_duration_since(*then) >= limit.window;
        while self.failed.front().is_some_and(is_over) {
            self.failed.pop_front();
        }
        if self.not_before.as_ref().is_some_and(is_over) {
            self.not_before = None;
            self.delay = Duration::ZERO;
        }
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
