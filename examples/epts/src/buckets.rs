//! Downsampling: the points of a stretch of time as one.

use std::num::NonZeroU64;

use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

/// How many buckets one question is answered with.
pub const MOST_BUCKETS: usize = 10_000;

/// The points of a series within one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Bucket {
    /// When the stretch begins, in Unix milliseconds: a multiple of `every`.
    pub time: i64,
    /// How many points there are.
    pub count: u64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The latest value.
    pub last: f64,
}

/// Buckets in the making, from points in the order of time.
#[derive(Debug)]
pub struct Downsampling {
    every: i64,
    buckets: Vec<Bucket>,
}

impl Downsampling {
    /// Into stretches of `every` milliseconds.
    pub fn new(every: NonZeroU64) -> Self {
        Self { every: i64::try_from(every.get()).unwrap_or(i64::MAX), buckets: Vec::new() }
    }

    /// Adds the next point.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooManyPoints`] when there is no room for its bucket.
    #[allow(clippy::cast_precision_loss, reason = "a count of points is far below 2^53")]
    pub fn add(&mut self, time: i64, value: f64) -> Result<(), StoreError> {
        let start = time - time.rem_euclid(self.every);
        if let Some(bucket) = self.buckets.last_mut().filter(|bucket| bucket.time == start) {
            bucket.count += 1;
            bucket.min = bucket.min.min(value);
            bucket.max = bucket.max.max(value);
            // Divided first: the difference of two doubles may be beyond a double.
            let count = bucket.count as f64;
            bucket.mean += value / count - bucket.mean / count;
            bucket.last = value;
            return Ok(());
        }
        if self.buckets.len() == MOST_BUCKETS {
            return Err(StoreError::TooManyPoints);
        }
        self.buckets.push(Bucket { time: start, count: 1, min: value, max: value, mean: value, last: value });
        Ok(())
    }

    /// The buckets that have points, in the order of time.
    pub fn buckets(self) -> Vec<Bucket> {
        self.buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(milliseconds: u64) -> Downsampling {
        Downsampling::new(NonZeroU64::new(milliseconds).unwrap())
    }

    #[test]
    fn a_bucket_tells_count_extremes_mean_and_the_last_value() {
        let mut buckets = every(10);
        for (time, value) in [(9, 1.0), (10, 4.0), (15, -2.0), (19, 1.0), (40, 7.0)] {
            buckets.add(time, value).unwrap();
        }
        let alone = |time, value| Bucket { time, count: 1, min: value, max: value, mean: value, last: value };
        let three = Bucket { time: 10, count: 3, min: -2.0, max: 4.0, mean: 1.0, last: 1.0 };
        assert_eq!(buckets.buckets(), [alone(0, 1.0), three, alone(40, 7.0)]);
    }

    #[test]
    fn the_mean_of_the_largest_numbers_is_a_number() {
        let mut buckets = every(u64::MAX);
        for value in [f64::MAX, f64::MIN, f64::MAX] {
            buckets.add(i64::MAX, value).unwrap();
        }
        assert!(buckets.buckets().iter().all(|bucket| bucket.mean.is_finite()));
    }

    #[test]
    fn there_are_so_many_buckets_and_no_more() {
        let mut buckets = every(1);
        for time in 0..MOST_BUCKETS {
            buckets.add(i64::try_from(time).unwrap(), 0.0).unwrap();
        }
        buckets.add(i64::try_from(MOST_BUCKETS).unwrap() - 1, 0.0).unwrap();
        let one_more = buckets.add(i64::try_from(MOST_BUCKETS).unwrap(), 0.0);
        assert!(matches!(one_more, Err(StoreError::TooManyPoints)));
    }
}
