//! Wall time for what is written on the wire, monotonic time for what is waited for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Where the wall time comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// A clock that starts at a fixed time and moves with tokio's, so that a test may pause it.
    Tokio { epoch: SystemTime, start: Instant },
}

impl Clock {
    /// A clock for tests: it starts on 2026-01-01 and moves with tokio's clock.
    pub(crate) fn tokio() -> Self {
        Self::Tokio { epoch: UNIX_EPOCH + Duration::from_secs(1_767_225_600), start: Instant::now() }
    }

    pub(crate) fn now(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Tokio { epoch, start } => *epoch + start.elapsed(),
        }
    }

    /// Milliseconds since the UNIX epoch, as they go over the wire.
    pub(crate) fn millis(&self) -> i64 {
        let since = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The moment by which a handler has to be done: an argument.
///
/// It is the earlier of the request's own expiry (`timestamp + timeout`) and the extension's
/// handler timeout. When it passes, the handler is dropped and the device gets 504.
///
/// ```
/// use kaa_ext::prelude::*;
///
/// #[resource("/budget")]
/// async fn budget(deadline: Deadline) -> String {
///     format!("{} ms left", deadline.remaining().as_millis())
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(duration: Duration) -> Self {
        let now = Instant::now();
        // A century is as good as forever and cannot overflow.
        let forever = Duration::from_secs(100 * 365 * 24 * 3600);
        Self(now + duration.min(forever))
    }

    /// The moment itself.
    pub fn at(self) -> Instant {
        self.0
    }

    /// How long it is until then; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_test_clock_moves_with_the_paused_time() {
        let clock = Clock::tokio();
        let before = clock.millis();
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(clock.millis() - before, 3_600_000);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_deadline_does_not_overflow() {
        assert!(Deadline::after(Duration::MAX).remaining() > Duration::from_secs(3600));
    }

    #[test]
    fn the_system_clock_counts_milliseconds_since_1970() {
        assert!(Clock::System.millis() > 1_700_000_000_000);
    }
}
