//! How long things took, in steps.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The upper ends of the steps, in microseconds.
const STEPS: [u64; 18] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 10_000_000,
];

/// Counts durations by the step they fall into.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    steps: [AtomicU64; STEPS.len()],
    beyond: AtomicU64,
    nanoseconds: AtomicU64,
}

/// What a histogram has counted at one moment, or several of them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    steps: [u64; STEPS.len()],
    beyond: u64,
    nanoseconds: u64,
}

impl Histogram {
    pub(crate) fn record(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let step = STEPS.iter().position(|end| nanoseconds <= end * 1_000);
        step.and_then(|step| self.steps.get(step)).unwrap_or(&self.beyond).fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            steps: self.steps.each_ref().map(|step| step.load(Relaxed)),
            beyond: self.beyond.load(Relaxed),
            nanoseconds: self.nanoseconds.load(Relaxed),
        }
    }
}

impl Snapshot {
    pub(crate) fn add(&mut self, other: &Self) {
        for (step, more) in self.steps.iter_mut().zip(other.steps) {
            *step = step.saturating_add(more);
        }
        self.beyond = self.beyond.saturating_add(other.beyond);
        self.nanoseconds = self.nanoseconds.saturating_add(other.nanoseconds);
    }

    pub(crate) fn count(&self) -> u64 {
        self.steps.iter().sum::<u64>().saturating_add(self.beyond)
    }

    pub(crate) fn nanoseconds(&self) -> u64 {
        self.nanoseconds
    }

    pub(crate) fn seconds(&self) -> f64 {
        Duration::from_nanos(self.nanoseconds).as_secs_f64()
    }

    /// The steps as OpenMetrics has them: the upper end in seconds, and how many fell into this one.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let ends = STEPS.iter().map(|end| Duration::from_micros(*end).as_secs_f64());
        let steps = ends.zip(self.steps);
        steps.chain([(f64::MAX, self.beyond)]).collect()
    }
}

/// The value that this share of several histograms together does not exceed, in microseconds; each comes with what one
/// of its counts stands for. `None` when they are empty.
///
/// Within a step, values are taken to be spread evenly; what is beyond the last step is at its end.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "steps of a factor of two leave no room for precision"
)]
pub(crate) fn quantile(parts: &[(&Snapshot, f64)], share: f64) -> Option<u64> {
    let weight = |step: usize| -> f64 {
        let count = |snapshot: &Snapshot| snapshot.steps.get(step).copied().unwrap_or(snapshot.beyond);
        parts.iter().map(|(snapshot, factor)| count(snapshot) as f64 * factor).sum()
    };
    let all: f64 = (0..=STEPS.len()).map(weight).sum();
    if all <= 0.0 {
        return None;
    }
    let (mut below, mut start) = (0.0, 0);
    for (step, end) in STEPS.into_iter().enumerate() {
        let here = weight(step);
        if here > 0.0 && below + here >= share * all {
            let part = ((share * all - below) / here).clamp(0.0, 1.0);
            return Some(start + (part * (end - start) as f64).round() as u64);
        }
        (below, start) = (below + here, end);
    }
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_ends_with_its_end() {
        let histogram = Histogram::default();
        for nanoseconds in [0, 10_000, 10_001, 10_000_000_000, 10_000_000_001, u64::MAX - 20_000_100_000] {
            histogram.record(Duration::from_nanos(nanoseconds));
        }
        let snapshot = histogram.snapshot();
        let counted: Vec<_> = snapshot.buckets().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [(0.00001, 2), (0.000_025, 1), (10.0, 1), (f64::MAX, 2)]);
        assert_eq!(snapshot.count(), 6);
    }

    #[test]
    fn a_quantile_lies_in_the_step_of_its_value() {
        let (at_once, waited) = (Histogram::default(), Histogram::default());
        assert_eq!(quantile(&[(&at_once.snapshot(), 1.0)], 0.5), None);
        for _ in 0..100 {
            at_once.record(Duration::from_micros(8));
        }
        waited.record(Duration::from_millis(80));
        let (at_once, waited) = (at_once.snapshot(), waited.snapshot());
        assert_eq!(quantile(&[(&at_once, 1.0), (&waited, 1.0)], 0.5), Some(5));
        assert_eq!(quantile(&[(&at_once, 1.0), (&waited, 1.0)], 1.0), Some(100_000));
        assert_eq!(
            quantile(&[(&at_once, 0.01), (&waited, 1.0)], 0.9),
            Some(90_000),
            "one of them stands for less"
        );
        let beyond = Histogram::default();
        beyond.record(Duration::from_secs(60));
        assert_eq!(quantile(&[(&beyond.snapshot(), 1.0)], 0.5), Some(10_000_000));
    }

    #[test]
    fn two_together_are_the_sum_of_both() {
        let (one, other, both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for (histogram, millis) in [(&one, 3), (&other, 3), (&other, 30_000)] {
            histogram.record(Duration::from_millis(millis));
            both.record(Duration::from_millis(millis));
        }
        let mut sum = one.snapshot();
        sum.add(&other.snapshot());
        assert_eq!(sum, both.snapshot());
    }
}
