//! What becomes of a request, and the account of it.

use std::sync::Arc;

use http::StatusCode;
use kaa_bus::Clock;
use tokio::time::Instant;

use super::guard::Interrupted;
use crate::counters::Tally;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::figures::{Figures, Handled, Times};
use crate::outlet::{Outlet, Sent};
use crate::pipeline::Pipeline;
use crate::reply::Reply;
use crate::status::ErrorStatus;

/// What a request needs on its way, shared by all of them.
pub(super) struct Station {
    pub(super) pipeline: Pipeline,
    pub(super) outlet: Arc<Outlet>,
    pub(super) tally: Arc<Tally>,
    pub(super) figures: Arc<Figures>,
}

/// What became of a message.
pub(super) struct Done {
    sent: Sent,
    status: StatusCode,
    /// When its turn came, if it stood in line.
    left_line: Option<Instant>,
    took: Took,
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

    /// The same for somebody who wants to know where the time went.
    #[cold]
    fn handled(&self, envelope: &Envelope, function: &'static str) -> Handled {
        let (arrived, elapsed) = (envelope.arrived(), envelope.arrived().elapsed());
        let left_line = self.left_line.map(|left_line| left_line - arrived);
        let (handled, sent) = match self.took {
            Took::Time(times) => (left_line.unwrap_or_default() + times.handler, times.in_all),
            // It was done a moment ago, or nobody knows.
            Took::NoTime | Took::Unknown => (elapsed, elapsed),
        };
        let correlation_id = envelope.correlation_id().to_owned();
        let (status, now) = (self.status.as_u16(), Clock::System.now());
        let arrived = now.checked_sub(elapsed).unwrap_or(now);
        Handled { correlation_id, function, status, arrived, left_line, handled, sent }
    }
}

impl Station {
    /// What the handler came to as a reply.
    pub(super) fn reply(&self, envelope: &Envelope, result: Result<Reply, Interrupted>) -> Reply {
        result.unwrap_or_else(|interrupted| self.interrupted(envelope, &interrupted))
    }

    pub(super) fn interrupted(&self, envelope: &Envelope, interrupted: &Interrupted) -> Reply {
        let (what, correlation_id) = (envelope.title(), envelope.correlation_id());
        match interrupted {
            Interrupted::Panicked(message) => {
                self.tally.panicked();
                tracing::error!(what, correlation_id, "the handler panicked: {message}");
                Failure::new(ErrorStatus::INTERNAL_SERVER_ERROR, "Internal Server Error").into()
            }
            Interrupted::TimedOut => {
                self.tally.timed_out();
                tracing::warn!(what, correlation_id, "the handler ran out of time");
                Failure::new(ErrorStatus::GATEWAY_TIMEOUT, "the request was not done in time").into()
            }
        }
    }

    pub(super) fn book(&self, envelope: &Envelope, done: &Done) {
        envelope.ends(done.status);
        let figures = self.figures.of(envelope.reached());
        if self.figures.recent.is_wanted() {
            self.figures.recent.keep(done.handled(envelope, figures.labels.function));
        }
        let is_sampled = figures.count(done.status);
        if let Some(left_line) = done.left_line {
            figures.in_line.record(left_line - envelope.arrived());
        }
        match done.took {
            Took::Time(times) => figures.time(times),
            Took::NoTime if is_sampled => {
                figures.at_once.record(done.left_line.unwrap_or(envelope.arrived()).elapsed());
            }
            Took::NoTime | Took::Unknown => {}
        }
        match done.sent {
            Sent::Published => self.tally.answered(),
            Sent::Silent => self.tally.silent(),
            Sent::Failed => self.tally.failed_to_send(),
        }
    }
}
