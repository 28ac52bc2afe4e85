//! How long answers took, counted in steps that grow with the value.

use std::fmt;
use std::time::Duration;

/// Steps between a power of two and the next: a value is known to 1/32 of itself.
const STEPS: usize = 32;
/// Up to 2^36 microseconds, which is nineteen hours.
const POWERS: usize = 32;

/// Counts latencies in constant memory.
pub(super) struct Latencies {
    counts: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; STEPS * POWERS], count: 0, longest: Duration::ZERO }
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies")
            .field("count", &self.count)
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

impl Latencies {
    pub(super) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let index = index(micros).min(self.counts.len() - 1);
        if let Some(count) = self.counts.get_mut(index) {
            *count += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(latency);
    }

    /// What so many of a thousand did not exceed; `None` when there were none.
    pub(super) fn quantile(&self, per_mille: u64) -> Option<Duration> {
        let wanted = (self.count * per_mille).div_ceil(1000).max(1);
        let mut sum = 0;
        let index = self.counts.iter().position(|count| {
            sum += count;
            sum >= wanted
        });
        index.map(|index| Duration::from_micros(end(index)).min(self.longest))
    }

    pub(super) fn longest(&self) -> Duration {
        self.longest
    }
}

/// The step of a value: below 64 each has one of its own.
fn index(micros: u64) -> usize {
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(6);
    // Below 64, whatever the value.
    let step = usize::try_from(micros >> shift).unwrap_or_default();
    shift as usize * STEPS + step
}

/// The largest value of a step.
fn end(index: usize) -> u64 {
    let shift = (index / STEPS).saturating_sub(1);
    (((index - shift * STEPS) as u64 + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_ends_where_the_next_begins() {
        for step in 0..STEPS * (POWERS - 2) {
            assert_eq!((index(end(step)), index(end(step) + 1)), (step, step + 1), "{step}");
        }
        for micros in [0, 1, 63, 64, 1_000, 123_456, 10_000_000] {
            let end = end(index(micros));
            assert!(end >= micros && end - micros <= micros / 32, "{micros} {end}");
        }
    }

    #[test]
    fn a_quantile_is_what_so_many_did_not_exceed() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(500), None);
        for micros in 1..=1_000 {
            latencies.record(Duration::from_micros(micros));
        }
        let near = |per_mille, expected: u64| {
            let micros = latencies.quantile(per_mille).unwrap().as_micros();
            let micros = u64::try_from(micros).unwrap();
            assert!(micros >= expected && micros <= expected + expected / 32, "{micros} {expected}");
        };
        near(500, 500);
        near(990, 990);
        near(1000, 1000);
        latencies.record(Duration::MAX);
        assert_eq!(latencies.longest(), Duration::MAX);
    }
}
