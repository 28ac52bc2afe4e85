//! How fast a client may be read.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// The pace of one connection, in messages and in bytes. A client that exceeds it is not refused: what
/// it sends is read later, so that TCP slows it down, and nobody else.
#[derive(Debug, Clone)]
pub struct Pace {
    messages: Meter,
    bytes: Meter,
}

impl Pace {
    /// The pace of a connection that begins now.
    pub fn new(limits: &Limits, now: Instant) -> Self {
        let meter = |per_second: NonZeroU32| Meter::new(per_second, limits.burst, now);
        Self { messages: meter(limits.messages_per_second), bytes: meter(limits.bytes_per_second) }
    }

    /// Counts a message of this size that was read. Until when nothing more is to be read; `None` when the
    /// client may go on.
    pub fn count(&mut self, size: usize, now: Instant) -> Option<Instant> {
        let bytes = u32::try_from(size).unwrap_or(u32::MAX);
        self.messages.spend(1, now).max(self.bytes.spend(bytes, now))
    }
}

/// A leaky bucket, kept as the time at which it will be empty.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    /// What one message or byte takes.
    each: Duration,
    /// How far ahead of time a client may be.
    burst: Duration,
    empty_at: Instant,
}

impl Meter {
    pub(crate) fn new(per_second: NonZeroU32, burst: NonZeroU32, now: Instant) -> Self {
        let each = Duration::from_secs(1) / per_second.get();
        Self { each, burst: Duration::from_secs(burst.get().into()), empty_at: now }
    }

    pub(crate) fn spend(&mut self, amount: u32, now: Instant) -> Option<Instant> {
        let took = self.each.saturating_mul(amount);
        self.empty_at = self.empty_at.max(now).checked_add(took).unwrap_or(self.empty_at);
        let resume = self.empty_at.checked_sub(self.burst)?;
        (resume > now).then_some(resume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(messages: u32, bytes: u32, burst: u32) -> Limits {
        Limits {
            messages_per_second: messages.try_into().unwrap(),
            bytes_per_second: bytes.try_into().unwrap(),
            burst: burst.try_into().unwrap(),
            ..Limits::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_read_at_once_and_what_follows_at_the_pace() {
        let mut pace = Pace::new(&limits(10, 1000, 2), Instant::now());
        for _ in 0..20 {
            assert_eq!(pace.count(0, Instant::now()), None);
        }
        let resume = pace.count(0, Instant::now()).unwrap();
        assert_eq!(resume - Instant::now(), Duration::from_millis(100));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert!(pace.count(0, Instant::now()).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn large_messages_are_counted_by_their_bytes() {
        let mut pace = Pace::new(&limits(1000, 1000, 1), Instant::now());
        assert_eq!(pace.count(1000, Instant::now()), None);
        let resume = pace.count(1000, Instant::now()).unwrap();
        assert_eq!(resume - Instant::now(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_silent_has_its_burst_again_and_no_more() {
        let mut pace = Pace::new(&limits(10, 1000, 1), Instant::now());
        tokio::time::advance(Duration::from_secs(1000)).await;
        for _ in 0..10 {
            assert_eq!(pace.count(0, Instant::now()), None);
        }
        assert!(pace.count(0, Instant::now()).is_some());
    }
}
