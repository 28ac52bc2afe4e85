//! What became of a message, and how long that took.

use http::StatusCode;
use kaa_bus::Clock;
use tokio::time::Instant;

use crate::envelope::Envelope;
use crate::figures::{Handled, Times};
use crate::outlet::Sent;
use crate::reply::Reply;

/// What became of a message.
pub(super) struct Done {
    pub(super) sent: Sent,
    pub(super) status: StatusCode,
    /// When its turn came, if it stood in line.
    pub(super) left_line: Option<Instant>,
    pub(super) took: Took,
}

/// How long a handler took.
pub(super) enum Took {
    /// It was done at the first look, a moment ago.
    NoTime,
    /// It had to wait.
    Time(Times),
    /// Nobody knows.
    Unknown,
}

impl Done {
    pub(super) fn new(sent: Sent, reply: &Reply, left_line: Option<Instant>, took: Took) -> Self {
        Self { sent, status: reply.status(), left_line, took }
    }

    /// Of one whose task panicked after its handler was done: something did so that it left behind.
    pub(super) fn broken() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { sent: Sent::Failed, status, left_line: None, took: Took::Unknown }
    }
}

/// The parts of it that somebody may want to know. A copy, made when somebody does: a reference to [`Done`] would keep
/// the compiler from holding all of it in registers, for every message.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    pub(super) status: StatusCode,
    pub(super) left_line: Option<Instant>,
    /// Of a handler that had to wait.
    pub(super) times: Option<Times>,
}

impl Outcome {
    pub(super) fn handled(self, envelope: &Envelope, function: &'static str) -> Handled {
        let Self { status, left_line, times } = self;
        let (arrived, elapsed) = (envelope.arrived(), envelope.arrived().elapsed());
        let left_line = left_line.map(|left_line| left_line - arrived);
        let (handled, sent) = match times {
            Some(times) => (left_line.unwrap_or_default() + times.handler, times.in_all),
            // It was done a moment ago, or nobody knows.
            None => (elapsed, elapsed),
        };
        let (correlation_id, now) = (envelope.correlation_id().to_owned(), Clock::System.now());
        let arrived = now.checked_sub(elapsed).unwrap_or(now);
        let record = envelope.message().map(|(message, _)| message.name());
        Handled {
            correlation_id,
            function,
            record,
            status: status.as_u16(),
            arrived,
            left_line,
            handled,
            sent,
        }
    }
}
