//! Which trace a message belongs to: W3C Trace Context, level 1.
//!
//! ```text
//! traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//!              │  the trace                        who sent this    whether it is recorded
//! tracestate:  vendor=opaque,other=opaque
//! ```
//!
//! On NATS both are headers of a message, in the process they are carried beside it. A message without them costs
//! nothing; what is malformed is dropped, because a trace is worth less than the message it is about.

mod context;
mod parent;
mod scope;
mod state;

pub use context::{TRACEPARENT, TRACESTATE, TraceContext};
pub use parent::{InvalidTraceParent, TraceParent};
pub use scope::{carried, current, within};
pub use state::{InvalidTraceState, TraceState};
