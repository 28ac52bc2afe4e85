//! What became of the samples, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;
use utoipa::ToSchema;

/// Counts in the making.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) stored: Count,
    pub(crate) known: Count,
    pub(crate) refused: Count,
    pub(crate) left_out: Count,
    pub(crate) announced: Count,
    pub(crate) unannounced: Count,
    pub(crate) unnameable: Count,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, number: u64) {
        self.0.fetch_add(number, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What this replica did since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Events that were stored.
    pub stored: u64,
    /// Events that were there already.
    pub known: u64,
    /// Events that were not confirmed: nothing of them is stored, unless PostgreSQL was too late to say so.
    pub refused: u64,
    /// Numbers that became no point: too deep, too many, a name too long, or twice in a sample.
    pub left_out: u64,
    /// 14/TSTP events that went out.
    pub announced: u64,
    /// 14/TSTP events that did not: the bus was away, or too many were waiting.
    pub unannounced: u64,
    /// 14/TSTP events that cannot be: the name of the series is no token of a subject.
    pub unnameable: u64,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            stored: self.stored.get(),
            known: self.known.get(),
            refused: self.refused.get(),
            left_out: self.left_out.get(),
            announced: self.announced.get(),
            unannounced: self.unannounced.get(),
            unnameable: self.unnameable.get(),
        }
    }
}
