//! Spans of requests, and the traces they belong to.
//!
//! A request has one span in each service it passes, of the level DEBUG and with the target [`TARGET`]: the usual
//! filter `info` disables it, and then it costs no more than a look at one number. What a handler logs stands within
//! it. Which trace a request belongs to is passed on in any case: without an exporter just as it came, with one as
//! that of the span here, whose parent is the span of the sender.

mod config;
mod context;
mod export;

pub use config::{Attribute, CollectorUrl, Ratio, TracingConfig};
pub use export::{Decides, Export, TracingError};
use kaa_bus::trace::{TraceContext, within};

use tracing::field::{Empty, display};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};

/// What the spans of requests are called in filters: `RUST_LOG=info,kaa::request=debug`.
pub const TARGET: &str = "kaa::request";

/// A request on its way through this process. Its span ends when this is dropped.
#[derive(Debug, Clone)]
pub struct Trace {
    span: Span,
    context: Option<TraceContext>,
}

/// What the span of a request says. Long texts are cut: they may be of strangers, and as long as a message.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What kind of span it is: the name under which traces show it until a better one is [known](Trace::reaches).
    pub kind: Kind,
    /// The replica that says so.
    pub replica: &'a str,
    /// Links the messages of one exchange.
    pub correlation_id: &'a str,
    /// Whom it is about.
    pub endpoint_id: Option<&'a str>,
    /// The instance name of the extension that is asked; empty where it is this one.
    pub extension: &'a str,
    /// The resource path, or the name of the record.
    pub resource: &'a str,
}

/// Which part of the way it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From a device to an extension and back.
    Device,
    /// What a service does for somebody who waits.
    Request,
    /// What a service does because of an event.
    Event,
}

impl Trace {
    /// Whether a request that came with this context may have to be traced. This is all that most requests cost.
    #[inline]
    pub fn may_be_wanted(from: Option<&TraceContext>) -> bool {
        from.is_some() || LevelFilter::current() >= Level::DEBUG
    }

    /// Begins the span of a request that came with this context; `None` when nobody wants to know of it, and it
    /// belongs to no trace.
    #[cold]
    pub fn begin(about: &About<'_>, from: Option<&TraceContext>) -> Option<Self> {
        let span = about.span();
        let context = context::follow(&span, from);
        if span.is_disabled() && context.is_none() {
            return None;
        }
        if let Some(context) = &context {
            span.record("trace_id", display(format_args!("{:032x}", context.parent().trace_id())));
        }
        Some(Self { span, context })
    }

    /// The place of what follows from the request; `None` when it belongs to no trace.
    pub fn context(&self) -> Option<&TraceContext> {
        self.context.as_ref()
    }

    /// Runs something, such as one poll of a handler, as a part of the request: within its span, and with its
    /// [current](kaa_bus::trace::current) context.
    pub fn run<T>(&self, part: impl FnOnce() -> T) -> T {
        self.span.in_scope(|| within(self.context(), part))
    }

    /// Notes which function it has reached.
    #[cold]
    pub fn reaches(&self, function: &str) {
        self.span.record("function", function);
        context::rename(&self.span, function);
    }

    /// Notes how it ended: an HTTP status code.
    #[cold]
    pub fn ends(&self, status: i32) {
        self.span.record("status", status);
        if status >= 500 {
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

impl About<'_> {
    fn span(&self) -> Span {
        let name = match self.kind {
            Kind::Device => "device",
            Kind::Request => "request",
            Kind::Event => "event",
        };
        let span = tracing::debug_span!(
            target: TARGET,
            "request",
            otel.name = name,
            otel.kind = if self.kind == Kind::Event { "consumer" } else { "server" },
            otel.status_code = Empty,
            correlation_id = %Cut(self.correlation_id),
            endpoint_id = Empty,
            extension = Empty,
            resource = %Cut(self.resource),
            function = Empty,
            replica = self.replica,
            trace_id = Empty,
            status = Empty,
        );
        if let Some(endpoint) = self.endpoint_id {
            span.record("endpoint_id", display(Cut(endpoint)));
        }
        if !self.extension.is_empty() {
            span.record("extension", self.extension);
        }
        span
    }
}

/// At most so much of a text as a name needs.
struct Cut<'a>(&'a str);

impl Cut<'_> {
    const BYTES: usize = 256;
}

impl std::fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = self.0.get(..self.0.floor_char_boundary(Self::BYTES)).unwrap_or_default();
        f.write_str(short)?;
        if short.len() < self.0.len() { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tracing::subscriber::{NoSubscriber, with_default};

    use super::*;
    use crate::logs::tests::logged_as_json;

    const ABOUT: About<'_> = About {
        kind: Kind::Request,
        replica: "ext-0",
        correlation_id: "c-1",
        endpoint_id: Some("ep-1"),
        extension: "",
        resource: "/json",
    };

    fn context() -> TraceContext {
        let parent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".as_slice();
        TraceContext::of_headers([parent], []).unwrap()
    }

    /// What a handler logs in a request: the span around it.
    fn span_around(about: &About<'_>, handler: impl FnOnce(&Trace)) -> Value {
        let lines = logged_as_json(|| handler(&Trace::begin(about, Some(&context())).unwrap()));
        let line: Value = serde_json::from_str(&lines).expect(&lines);
        line["spans"][0].clone()
    }

    #[test]
    fn what_a_handler_logs_stands_in_the_span_of_its_request() {
        let span = span_around(&ABOUT, |trace| {
            trace.reaches("json");
            trace.ends(500);
            trace.run(|| tracing::info!("handling"));
        });
        let expected = serde_json::json!({
            "name": "request", "correlation_id": "c-1", "endpoint_id": "ep-1", "resource": "/json", "function": "json",
            "replica": "ext-0", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "status": 500,
        });
        assert_eq!(span, expected);
    }

    #[test]
    fn texts_of_strangers_are_cut_in_a_span() {
        let long = "é".repeat(1 << 19);
        let about = About { correlation_id: &long, endpoint_id: Some(&long), resource: &long, ..ABOUT };
        let span = span_around(&about, |trace| trace.run(|| tracing::info!("handling")));
        for field in ["correlation_id", "endpoint_id", "resource"] {
            assert_eq!(span[field], format!("{}…", "é".repeat(128)));
        }
    }

    #[test]
    fn without_an_exporter_the_context_is_that_of_the_sender_and_current_in_a_handler() {
        let trace = Trace::begin(&ABOUT, Some(&context())).unwrap();
        assert_eq!(trace.context(), Some(&context()));
        trace.run(|| assert_eq!(kaa_bus::trace::current(), Some(context())));
        assert_eq!(kaa_bus::trace::current(), None);
    }

    #[test]
    fn a_request_is_traced_when_it_belongs_to_a_trace_or_somebody_listens() {
        with_default(NoSubscriber::new(), || {
            assert!(Trace::may_be_wanted(Some(&context())));
            assert!(Trace::begin(&ABOUT, Some(&context())).is_some());
            assert!(Trace::begin(&ABOUT, None).is_none());
        });
        logged_as_json(|| {
            assert!(Trace::may_be_wanted(None));
            assert_eq!(Trace::begin(&ABOUT, None).unwrap().context(), None);
        });
    }
}
