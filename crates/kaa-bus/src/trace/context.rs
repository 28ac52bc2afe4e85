//! Both headers together.

use std::str;
use std::sync::Arc;

use super::{TraceParent, TraceState};

/// The header with the trace and the span.
pub const TRACEPARENT: &str = "traceparent";

/// The header with what vendors add.
pub const TRACESTATE: &str = "tracestate";

/// The place of a message in a trace. Clones share it.
///
/// ```
/// use kaa_bus::trace::TraceContext;
///
/// let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = TraceContext::of_headers([parent.as_bytes()], [b"vendor=1".as_slice(), b"other=2"]).unwrap();
/// assert_eq!(context.parent().to_string(), parent);
/// assert_eq!(context.state().unwrap().as_str(), "vendor=1,other=2");
///
/// assert_eq!(TraceContext::of_headers([b"00-zz".as_slice()], []), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    parent: TraceParent,
    state: Option<TraceState>,
}

impl TraceContext {
    /// The place of what follows from this span.
    pub fn new(parent: TraceParent, state: Option<TraceState>) -> Self {
        Self(Arc::new(Parts { parent, state }))
    }

    /// Reads the values of the headers [`TRACEPARENT`] and [`TRACESTATE`]: `None` without exactly one of the
    /// first that is valid. Of the second there may be several, which belong together; invalid ones are none.
    pub fn of_headers<'a>(
        parents: impl IntoIterator<Item = &'a [u8]>,
        states: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Self> {
        let mut parents = parents.into_iter();
        let parent = str::from_utf8(parents.next()?).ok()?.parse().ok()?;
        if parents.next().is_some() {
            return None;
        }
        Some(Self::new(parent, read_states(states)))
    }

    /// The trace, and the span that sent the message.
    pub fn parent(&self) -> TraceParent {
        self.0.parent
    }

    /// What vendors add.
    pub fn state(&self) -> Option<&TraceState> {
        self.0.state.as_ref()
    }

    /// How many bytes the headers are on NATS. They count as bytes of the payload there.
    #[cold]
    pub(crate) fn size(&self) -> usize {
        const AROUND: usize = "NATS/1.0\r\n\r\n".len();
        const BETWEEN: usize = ": \r\n".len();
        let parent = TRACEPARENT.len() + TraceParent::LEN + BETWEEN;
        let state = self.state().map_or(0, |state| TRACESTATE.len() + state.as_str().len() + BETWEEN);
        AROUND + parent + state
    }
}

fn read_states<'a>(states: impl IntoIterator<Item = &'a [u8]>) -> Option<TraceState> {
    let mut all = String::new();
    for state in states {
        if all.len() + state.len() > TraceState::BYTES {
            return None;
        }
        all.push_str(str::from_utf8(state).ok()?);
        all.push(',');
    }
    all.strip_suffix(',')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn state(states: &[&[u8]]) -> Option<String> {
        let context = TraceContext::of_headers([PARENT], states.iter().copied()).unwrap();
        context.state().map(ToString::to_string)
    }

    #[test]
    fn without_one_valid_parent_there_is_no_context() {
        let read = |parents: &[&'static [u8]]| {
            TraceContext::of_headers(parents.iter().copied(), [b"a=1".as_slice()])
        };
        assert!(read(&[PARENT]).is_some());
        for parents in [[].as_slice(), &[PARENT, PARENT], &[b"00"], &[b"\xff"]] {
            assert_eq!(read(parents), None);
        }
    }

    #[test]
    fn a_state_that_is_invalid_is_none_and_the_parent_holds() {
        assert_eq!(state(&[b"a=1", b"b=2"]).as_deref(), Some("a=1,b=2"));
        let long = format!("a={}", "x".repeat(250));
        let longer = format!("b={}", "x".repeat(256));
        assert_eq!(state(&[long.as_bytes(), longer.as_bytes()]).map(|state| state.len()), Some(511));
        let longest = format!("{longer},c=1");
        for states in [
            vec![],
            vec!["".as_bytes()],
            vec![b"a=1", b"a=2"],
            vec![b"\xff"],
            vec![long.as_bytes(), longest.as_bytes()],
        ] {
            assert_eq!(state(&states), None);
        }
    }
}
