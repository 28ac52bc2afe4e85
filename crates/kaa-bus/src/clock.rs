//! Wall time, for what is written on the wire.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Where the wall time comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that starts at a fixed time and moves with tokio's, so that a test may pause it.
    Tokio {
        /// The time it starts at.
        epoch: SystemTime,
        /// When it started.
        start: Instant,
    },
}

impl Clock {
    /// A clock for tests: it starts on 2026-01-01 and moves with tokio's clock.
    pub fn tokio() -> Self {
        Self::Tokio { epoch: UNIX_EPOCH + Duration::from_secs(1_767_225_600), start: Instant::now() }
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "this is where everybody else is to ask")]
    pub fn now(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Tokio { epoch, start } => *epoch + start.elapsed(),
        }
    }

    /// Milliseconds since the UNIX epoch, as they go over the wire.
    pub fn millis(&self) -> i64 {
        let since = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // In 64 bits, which cost less than the 128 of `as_millis`, and reach as far.
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        seconds.saturating_mul(1_000).saturating_add(since.subsec_millis().into())
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

    #[test]
    fn the_system_clock_counts_milliseconds_since_1970() {
        assert!(Clock::System.millis() > 1_700_000_000_000);
    }
}
