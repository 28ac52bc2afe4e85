//! The place of what follows from a span.

use kaa_bus::trace::TraceContext;
use tracing::Span;

/// Without an exporter nobody knows of the spans here: the context goes on as it came.
#[cfg(not(feature = "otel"))]
pub(super) fn follow(_: &Span, from: Option<&TraceContext>) -> Option<TraceContext> {
    from.cloned()
}

/// The name of a span is final where nobody exports it.
#[cfg(not(feature = "otel"))]
pub(super) fn rename(_: &Span, _: &str) {}

#[cfg(feature = "otel")]
pub(super) use exported::rename;

/// The span becomes a child of the one that a message came from, and its place is told. Without an exporter nobody
/// knows of it: the context goes on as it came.
#[cfg(feature = "otel")]
pub(super) fn follow(span: &Span, from: Option<&TraceContext>) -> Option<TraceContext> {
    exported::follow(span, from).or_else(|| from.cloned())
}

#[cfg(feature = "otel")]
mod exported {
    use std::num::{NonZeroU64, NonZeroU128};

    use kaa_bus::trace::{TraceContext, TraceParent};
    use opentelemetry::Context;
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    pub(super) fn follow(span: &Span, from: Option<&TraceContext>) -> Option<TraceContext> {
        // Of an own parent: what this span happens to be made in has nothing to do with the message.
        let parent =
            from.map_or_else(Context::new, |from| Context::new().with_remote_span_context(context_of(from)));
        span.set_parent(parent).ok()?;
        let context = span.context();
        let here = context.span().span_context().clone();
        let trace_id = NonZeroU128::new(u128::from_be_bytes(here.trace_id().to_bytes()))?;
        let span_id = NonZeroU64::new(u64::from_be_bytes(here.span_id().to_bytes()))?;
        let parent = TraceParent::new(trace_id, span_id, here.is_sampled());
        Some(TraceContext::new(parent, from.and_then(TraceContext::state).cloned()))
    }

    /// Gives a span that has begun another name.
    pub(in crate::trace) fn rename(span: &Span, name: &str) {
        span.context().span().update_name(name.to_owned());
    }

    fn context_of(context: &TraceContext) -> SpanContext {
        let parent = context.parent();
        let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
        SpanContext::new(
            TraceId::from(parent.trace_id().get()),
            SpanId::from(parent.span_id().get()),
            flags,
            true,
            // Nobody here reads it: it is passed on beside this.
            TraceState::default(),
        )
    }
}
