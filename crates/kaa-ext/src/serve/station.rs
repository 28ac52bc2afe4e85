//! What every request needs on its way, and where it is booked when it is done.

use std::sync::Arc;

use super::done::{Done, Outcome, Took};
use super::guard::Interrupted;
use crate::counters::Tally;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::figures::Figures;
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

    /// Keeps what became of a message for somebody who wants to know; out of the way of all others.
    #[cold]
    #[inline(never)]
    fn keep(&self, envelope: &Envelope, outcome: Outcome, function: &'static str) {
        self.figures.recent.keep(outcome.handled(envelope, function));
    }

    // Into its callers: what it is told stays in registers.
    #[inline(always)]
    pub(super) fn book(&self, envelope: &Envelope, done: &Done) {
        envelope.ends(done.status);
        let figures = self.figures.of(envelope.reached());
        if self.figures.recent.is_wanted() {
            let times = if let Took::Time(times) = done.took { Some(times) } else { None };
            let outcome = Outcome { status: done.status, left_line: done.left_line, times };
            self.keep(envelope, outcome, figures.labels.function);
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
