//! What the bus counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What happened on one connection since it was made. All values only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BusStats {
    /// Messages accepted for publishing, requests included.
    pub published: u64,
    /// Messages refused at [`Bus::publish`](crate::Bus::publish), for whatever reason.
    pub refused: u64,
    /// Messages that arrived for a subscription and found room. Answers to requests are not counted.
    pub received: u64,
    /// Messages that arrived for a subscription whose queue was full, and were dropped.
    pub lost: u64,
    /// Answers nobody waited for any more.
    pub late_answers: u64,
    /// What the server refused because its user has no permission: messages that were published, and subscriptions.
    pub forbidden: u64,
    /// How often the connection came back after it was lost.
    pub reconnects: u64,
}

/// The live form of [`BusStats`]. Counters do not order anything, so all accesses are relaxed.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) published: Counter,
    pub(crate) refused: Counter,
    pub(crate) received: Counter,
    pub(crate) lost: Counter,
    pub(crate) late_answers: Counter,
    pub(crate) forbidden: Counter,
    pub(crate) reconnects: Counter,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> BusStats {
        BusStats {
            published: self.published.get(),
            refused: self.refused.get(),
            received: self.received.get(),
            lost: self.lost.get(),
            late_answers: self.late_answers.get(),
            forbidden: self.forbidden.get(),
            reconnects: self.reconnects.get(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
