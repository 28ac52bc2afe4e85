//! What led to a message: the thread it belongs to, and how long anybody waits for its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kaa_protocol::ByteString;
use tokio::time::Instant;

use crate::trace::{self, TraceContext};

/// The message that is being handled, as far as the messages that follow from it carry it on.
#[derive(Debug, Clone, Default)]
pub struct Context(Option<Arc<Cause>>);

#[derive(Debug)]
struct Cause {
    correlation_id: ByteString,
    until: Instant,
    /// How many calls were made in it.
    calls: AtomicU32,
    trace: Option<TraceContext>,
}

impl Context {
    /// Carries on this correlation ID, until this moment.
    pub fn new(correlation_id: impl Into<ByteString>, until: Instant) -> Self {
        Self::traced(correlation_id, until, None)
    }

    /// The same with the trace it belongs to.
    pub fn traced(
        correlation_id: impl Into<ByteString>,
        until: Instant,
        trace: Option<TraceContext>,
    ) -> Self {
        let (correlation_id, calls) = (correlation_id.into(), AtomicU32::new(0));
        Self(Some(Arc::new(Cause { correlation_id, until, calls, trace })))
    }

    /// The trace that what follows from it belongs to: that of the cause, or of whoever calls.
    pub(super) fn trace(&self) -> Option<TraceContext> {
        self.0.as_ref().and_then(|cause| cause.trace.clone()).or_else(trace::current)
    }

    pub(super) fn correlation_id(&self) -> Option<ByteString> {
        self.0.as_ref().map(|cause| cause.correlation_id.clone())
    }

    /// A correlation ID for one more call: no other call within this context has it, so that a late
    /// answer to one is never taken for an answer to the next.
    pub(super) fn next_correlation_id(&self) -> Option<ByteString> {
        let cause = self.0.as_ref()?;
        Some(match cause.calls.fetch_add(1, Ordering::Relaxed) {
            0 => cause.correlation_id.clone(),
            calls => format!("{}~{calls}", cause.correlation_id).into(),
        })
    }

    /// At most as long as the cause is waited for.
    pub(super) fn limit(&self, deadline: Duration) -> Duration {
        let left = self.0.as_ref().map(|cause| cause.until.saturating_duration_since(Instant::now()));
        left.map_or(deadline, |left| left.min(deadline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_call_takes_longer_than_its_cause() {
        let context = Context::new("c", Instant::now() + Duration::from_secs(5));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(context.limit(Duration::from_secs(10)), Duration::from_secs(2));
        assert_eq!(context.limit(Duration::from_secs(1)), Duration::from_secs(1));
        assert_eq!(Context::default().limit(Duration::MAX), Duration::MAX);
    }

    #[tokio::test]
    async fn every_call_of_a_cause_has_its_own_correlation_id() {
        let context = Context::new("c", Instant::now());
        let ids: Vec<_> = (0..3).filter_map(|_| context.clone().next_correlation_id()).collect();
        assert_eq!(ids, ["c", "c~1", "c~2"]);
        assert_eq!(Context::default().next_correlation_id(), None);
    }
}
