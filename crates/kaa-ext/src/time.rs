//! How long a handler may take.

use std::time::Duration;

use tokio::time::Instant;

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
        Term::of(duration).deadline
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

/// When a message came, and until when it may be handled. One look at the clock is enough for both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub(crate) arrived: Instant,
    pub(crate) deadline: Deadline,
}

impl Term {
    /// From now on, for so long.
    pub(crate) fn of(duration: Duration) -> Self {
        let arrived = Instant::now();
        // A century is as good as forever and cannot overflow.
        let forever = Duration::from_secs(100 * 365 * 24 * 3600);
        Self { arrived, deadline: Deadline(arrived + duration.min(forever)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_endless_deadline_does_not_overflow() {
        assert!(Deadline::after(Duration::MAX).remaining() > Duration::from_secs(3600));
    }
}
