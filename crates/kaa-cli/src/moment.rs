//! Moments, however far away somebody wants them.

use std::time::Duration;

use tokio::time::Instant;

/// What is further away does not come: thirty years.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);

/// The moment so long after another.
pub(crate) fn after(moment: Instant, time: Duration) -> Instant {
    moment + time.min(FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_too_long() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::from_secs(1)), now + Duration::from_secs(1));
        assert!(after(after(now, Duration::MAX), Duration::MAX) > now);
    }
}
