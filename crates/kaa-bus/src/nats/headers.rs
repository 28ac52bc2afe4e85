//! The trace of a message as headers of NATS.

use async_nats::header::HeaderMap;

use crate::trace::{TRACEPARENT, TRACESTATE, TraceContext};

/// What a message says of its trace.
#[cold]
pub(super) fn read(headers: &HeaderMap) -> Option<TraceContext> {
    let values = |name| headers.get_all(name).map(|value| value.as_str().as_bytes());
    TraceContext::of_headers(values(TRACEPARENT), values(TRACESTATE))
}

/// The headers of a message of this trace.
#[cold]
pub(super) fn write(trace: &TraceContext) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(TRACEPARENT, trace.parent().to_string());
    if let Some(state) = trace.state() {
        headers.insert(TRACESTATE, state.as_str());
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_written_is_read_again() {
        for states in [[].as_slice(), &[b"a=1,b=2".as_slice()]] {
            let trace = TraceContext::of_headers([PARENT.as_bytes()], states.iter().copied());
            assert_eq!(read(&write(trace.as_ref().unwrap())), trace);
        }
    }

    #[test]
    fn other_headers_and_what_is_malformed_are_no_trace() {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", PARENT);
        headers.insert(TRACESTATE, "a=1");
        assert_eq!(read(&headers), None);
        headers.insert(TRACEPARENT, "00-0");
        assert_eq!(read(&headers), None);
        headers.insert(TRACEPARENT, PARENT);
        headers.append(TRACEPARENT, PARENT);
        assert_eq!(read(&headers), None);
    }
}
