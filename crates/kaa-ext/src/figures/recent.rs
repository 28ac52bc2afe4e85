//! What became of the last messages, while somebody wants to know.
//!
//! Nobody wants to know, mostly: then a message costs one look at a flag.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// How many are kept.
const KEPT: usize = 512;

/// The longest correlation ID of one that is kept, in bytes.
const LONGEST: usize = 256;

/// The last messages of one replica.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    is_wanted: AtomicBool,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    /// How many there have been.
    count: u64,
    messages: VecDeque<(u64, Handled)>,
}

/// A message that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handled {
    pub(crate) correlation_id: String,
    pub(crate) function: &'static str,
    /// The record, of what another service sent.
    pub(crate) record: Option<&'static str>,
    pub(crate) status: u16,
    pub(crate) arrived: SystemTime,
    /// How long after that it left the line, if it stood in one.
    pub(crate) left_line: Option<Duration>,
    /// How long after its arrival its handler was done, and its answer was sent.
    pub(crate) handled: Duration,
    pub(crate) sent: Duration,
}

impl Recent {
    /// Whether somebody wants to know.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Relaxed)
    }

    /// From now on somebody does, or nobody any more: then nothing is kept.
    pub(crate) fn want(&self, is_wanted: bool) {
        self.is_wanted.store(is_wanted, Relaxed);
        if !is_wanted {
            *self.lock() = Last::default();
        }
    }

    /// Keeps a message, instead of the oldest one.
    pub(crate) fn keep(&self, handled: Handled) {
        if handled.correlation_id.len() > LONGEST {
            return;
        }
        let mut last = self.lock();
        last.count += 1;
        let count = last.count;
        last.messages.truncate(KEPT - 1);
        last.messages.push_front((count, handled));
    }

    /// All that are kept, the latest first, as they are told.
    pub(crate) fn tell(&self) -> Vec<Value> {
        self.lock().messages.iter().map(|(n, handled)| handled.tell(*n)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handled {
    fn tell(&self, n: u64) -> Value {
        json!({
            "n": n,
            "correlationId": self.correlation_id,
            "function": self.function,
            "record": self.record,
            "status": self.status,
            "arrived": micros(self.arrived.duration_since(UNIX_EPOCH).unwrap_or_default()),
            "leftLine": self.left_line.map(micros),
            "handled": micros(self.handled),
            "sent": micros(self.sent),
        })
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handled(correlation_id: &str) -> Handled {
        Handled {
            correlation_id: correlation_id.to_owned(),
            function: "f",
            record: None,
            status: 200,
            arrived: UNIX_EPOCH + Duration::from_secs(1),
            left_line: None,
            handled: Duration::from_micros(7),
            sent: Duration::from_micros(8),
        }
    }

    #[test]
    fn the_last_ones_are_kept_until_nobody_wants_to_know() {
        let recent = Recent::default();
        assert!(!recent.is_wanted());
        recent.want(true);
        for n in 0..1_000 {
            recent.keep(handled(&n.to_string()));
        }
        recent.keep(handled(&"x".repeat(300)));
        let told = recent.tell();
        assert_eq!(
            (told.len(), &told[0]["n"], &told[0]["correlationId"]),
            (512, &json!(1_000), &json!("999"))
        );
        assert_eq!((&told[0]["arrived"], &told[0]["sent"]), (&json!(1_000_000), &json!(8)));
        recent.want(false);
        assert!(recent.tell().is_empty());
    }
}
