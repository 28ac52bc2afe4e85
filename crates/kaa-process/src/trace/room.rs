//! The room in front of the collector. OpenTelemetry would drop what finds none without a word; here it is counted.
//!
//! ```text
//! span ──► Entrance ──► the queue of OpenTelemetry, of the same length ──► Exit ──► the collector
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

/// How many spans wait for the collector. A span is about one kilobyte.
pub(super) const QUEUE: usize = 4096;

/// What both ends know.
#[derive(Debug, Default)]
pub(super) struct Room {
    waiting: AtomicUsize,
    lost: AtomicU64,
}

impl Room {
    /// Whether there is room for one more, which is taken then.
    fn take(&self) -> bool {
        if self.waiting.fetch_add(1, Relaxed) < QUEUE {
            return true;
        }
        self.waiting.fetch_sub(1, Relaxed);
        let lost = self.lost.fetch_add(1, Relaxed).saturating_add(1);
        // Each time it is twice as many: told soon, and not with every one.
        if lost.is_power_of_two() {
            tracing::warn!(lost, "{QUEUE} spans wait for the collector, which is too slow; more are lost");
        }
        false
    }
}

/// Lets in what there is room for.
#[derive(Debug)]
pub(super) struct Entrance<P> {
    pub(super) room: Arc<Room>,
    pub(super) queue: P,
}

impl<P: SpanProcessor> SpanProcessor for Entrance<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.queue.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.room.take() {
            self.queue.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let lost = self.room.lost.load(Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "this is how many spans there was no room for in all");
        }
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}

/// Makes room for more with every batch that leaves.
#[derive(Debug)]
pub(super) struct Exit<E> {
    pub(super) room: Arc<Room>,
    pub(super) collector: E,
}

impl<E: SpanExporter> SpanExporter for Exit<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.room.waiting.fetch_sub(batch.len(), Relaxed);
        self.collector.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.collector.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.collector.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.collector.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use futures_util::FutureExt;
    use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status};

    use super::*;
    use crate::logs::tests::logged;

    /// A queue, and a collector behind it.
    #[derive(Debug, Default)]
    struct Taken(AtomicUsize);

    impl SpanProcessor for Taken {
        fn on_start(&self, _: &mut Span, _: &Context) {}

        fn on_end(&self, _: SpanData) {
            self.0.fetch_add(1, Relaxed);
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    impl SpanExporter for Taken {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            Ok(())
        }
    }

    fn span() -> SpanData {
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "request".into(),
            start_time: UNIX_EPOCH,
            end_time: UNIX_EPOCH,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: Default::default(),
            links: Default::default(),
            status: Status::Unset,
            instrumentation_scope: Default::default(),
        }
    }

    #[test]
    fn spans_that_find_no_room_are_counted_and_told_and_there_is_room_again_behind_a_batch() {
        let room = Arc::new(Room::default());
        let entrance = Entrance { room: room.clone(), queue: Taken::default() };
        let exit = Exit { room, collector: Taken::default() };
        let taken = || entrance.queue.0.load(Relaxed);
        let said = logged(false, || (0..QUEUE + 5).for_each(|_| entrance.on_end(span())));
        assert_eq!(taken(), QUEUE);
        assert_eq!(said.lines().count(), 3, "at 1, 2 and 4: {said}");
        assert!(said.contains("WARN") && said.contains("lost=4"), "{said}");

        exit.export(vec![span(); 2]).now_or_never().unwrap().unwrap();
        let said = logged(false, || (0..3).for_each(|_| entrance.on_end(span())));
        assert_eq!((taken(), said.as_str()), (QUEUE + 2, ""));
        let said = logged(false, || entrance.shutdown_with_timeout(Duration::ZERO).unwrap());
        assert!(said.contains("lost=6"), "{said}");
    }
}
