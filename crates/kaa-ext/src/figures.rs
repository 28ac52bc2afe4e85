//! What every function of an extension has been asked for, how that ended and how long it took.
//!
//! A message costs one atomic addition here, at a place that its function and its status decide; nothing is looked
//! up. A clock costs more than that, so of the handlers that are done at once one in [`SAMPLED`] is timed. Those that
//! have to wait are all timed: they become a task, beside which a clock is nothing.

mod collector;
mod histogram;
mod recent;
mod slot;
#[cfg(test)]
mod tests;

use std::iter;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use http::StatusCode;

use crate::describe::{Description, Kind};
pub(crate) use collector::collector;
use histogram::Histogram;
pub(crate) use histogram::quantile;
pub(crate) use recent::{Handled, Recent};
pub(crate) use slot::{SLOTS, is_error, slot};

/// One in so many handlers that are done at once is timed.
pub(crate) const SAMPLED: u64 = 64;

/// The number of a function that a message has not reached: there are not so many.
pub(crate) const NONE: u32 = u32::MAX;

/// The figures of one replica.
#[derive(Debug)]
pub(crate) struct Figures {
    functions: Box<[FunctionFigures]>,
    /// Of messages that reached no function: refused, or for a path that no resource has.
    none: FunctionFigures,
    /// Handlers that wait.
    pub(crate) waiting: AtomicUsize,
    /// Sessions that are pinned to this replica and held by somebody.
    pub(crate) pinned: AtomicUsize,
    /// The last messages, while somebody wants to know.
    pub(crate) recent: Recent,
}

/// The figures of one function.
#[derive(Debug)]
pub(crate) struct FunctionFigures {
    pub(crate) labels: Labels,
    ended: [AtomicU64; SLOTS],
    last_error: AtomicU16,
    pub(crate) in_line: Histogram,
    pub(crate) at_once: Histogram,
    pub(crate) waited: Histogram,
    pub(crate) in_all: Histogram,
}

/// How a function is called in figures: nothing here comes from a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels {
    pub(crate) kind: &'static str,
    pub(crate) function: &'static str,
    pub(crate) handles: &'static str,
}

impl Labels {
    /// As `/metrics` shows them, with one more.
    fn and(self, more: (&'static str, &'static str)) -> [(&'static str, &'static str); 4] {
        [("kind", self.kind), ("function", self.function), ("handles", self.handles), more]
    }
}

/// How long a message took whose handler had to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) handler: Duration,
    pub(crate) in_all: Duration,
}

impl Figures {
    pub(crate) fn new(description: &Description) -> Self {
        let functions = description.functions.iter().map(|function| {
            let kind = Kind::as_str(function.kind);
            FunctionFigures::new(Labels { kind, function: function.name, handles: function.handles() })
        });
        Self {
            functions: functions.collect(),
            none: FunctionFigures::new(Labels { kind: "none", function: "", handles: "" }),
            waiting: AtomicUsize::new(0),
            pinned: AtomicUsize::new(0),
            recent: Recent::default(),
        }
    }

    /// The same functions, and nothing counted yet.
    pub(crate) fn afresh(&self) -> Self {
        let functions = self.functions.iter().map(|function| FunctionFigures::new(function.labels));
        Self {
            functions: functions.collect(),
            none: FunctionFigures::new(self.none.labels),
            waiting: AtomicUsize::new(0),
            pinned: AtomicUsize::new(0),
            recent: Recent::default(),
        }
    }

    /// The figures of the function with this number.
    pub(crate) fn of(&self, function: usize) -> &FunctionFigures {
        self.functions.get(function).unwrap_or(&self.none)
    }

    /// Those of each function, in the order of the description.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &FunctionFigures> {
        self.functions.iter()
    }

    /// The same, and those of no function at last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &FunctionFigures> {
        self.functions.iter().chain(iter::once(&self.none))
    }
}

impl FunctionFigures {
    fn new(labels: Labels) -> Self {
        Self {
            labels,
            ended: [const { AtomicU64::new(0) }; SLOTS],
            last_error: AtomicU16::new(0),
            in_line: Histogram::default(),
            at_once: Histogram::default(),
            waited: Histogram::default(),
            in_all: Histogram::default(),
        }
    }

    /// Counts a message that ended like this; whether its time is to be taken, if it did not have to wait.
    pub(crate) fn count(&self, status: StatusCode) -> bool {
        let code = status.as_u16();
        if code >= 400 {
            self.last_error.store(code, Relaxed);
        }
        let before = self.ended.get(slot(code)).map_or(1, |ended| ended.fetch_add(1, Relaxed));
        before.is_multiple_of(SAMPLED)
    }

    /// Takes note of one whose handler had to wait.
    pub(crate) fn time(&self, times: Times) {
        self.waited.record(times.handler);
        self.in_all.record(times.in_all);
    }

    /// How many ended in each of the [slots](slot).
    pub(crate) fn ended(&self) -> [u64; SLOTS] {
        self.ended.each_ref().map(|ended| ended.load(Relaxed))
    }

    /// The status of the last one that was an error.
    pub(crate) fn last_error(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.last_error.load(Relaxed)).ok()
    }
}
