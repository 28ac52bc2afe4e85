//! What comes out.

use std::io::{Write, stdout};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::load::{Counted, Pace};
use crate::terminal::Table;

/// The quantiles that are shown, in so many of a thousand.
const QUANTILES: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

/// What a load has shown.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) pace: Pace,
    /// For how long requests were made that count.
    pub(super) lasted: Duration,
    pub(super) counted: Counted,
}

impl Report {
    /// Whether every request got a 2xx answer, and there was one.
    pub(super) fn is_good(&self) -> bool {
        let Counted { statuses, unanswered, .. } = &self.counted;
        *unanswered == 0 && !statuses.is_empty() && statuses.keys().all(|status| (200..300).contains(status))
    }

    pub(super) fn print(&self, as_json: bool) {
        // Nobody who reads it any more is nobody to tell.
        let _ = match as_json {
            true => writeln!(stdout(), "{}", self.json()),
            false => write!(stdout(), "{}", self.table()),
        };
    }

    fn answered(&self) -> u64 {
        self.counted.statuses.values().sum()
    }

    /// Answers a second.
    fn rate(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let answered = self.answered() as f64;
        if self.lasted.is_zero() { 0.0 } else { answered / self.lasted.as_secs_f64() }
    }

    fn latencies(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let latencies = &self.counted.latencies;
        let quantiles = QUANTILES.iter().filter_map(|(name, part)| Some((*name, latencies.quantile(*part)?)));
        quantiles.chain((self.answered() > 0).then(|| ("max", latencies.longest())))
    }

    fn table(&self) -> Table<2> {
        let mut table = Table::default();
        let pace = match self.pace {
            Pace::Open(open) => format!("{open} requests open at any time"),
            Pace::Rate(rate) => format!("{rate} requests a second"),
        };
        table.row(["load".to_owned(), format!("{pace}, for {:.1?}", self.lasted)]);
        table.row(["answers".to_owned(), format!("{}, {:.0} a second", self.answered(), self.rate())]);
        for (status, count) in &self.counted.statuses {
            table.row([format!("  {status}"), count.to_string()]);
        }
        if self.counted.unanswered > 0 {
            table.row(["unanswered".to_owned(), self.counted.unanswered.to_string()]);
        }
        for (name, latency) in self.latencies() {
            table.row([name.to_owned(), format!("{latency:.1?}")]);
        }
        table
    }

    fn json(&self) -> Value {
        let statuses: Map<_, _> = self
            .counted
            .statuses
            .iter()
            .map(|(status, count)| (status.to_string(), (*count).into()))
            .collect();
        let latencies: Map<_, _> =
            self.latencies().map(|(name, latency)| (name.to_owned(), millis(latency))).collect();
        json!({
            "seconds": self.lasted.as_secs_f64(),
            "answers": self.answered(),
            "answersPerSecond": self.rate(),
            "statuses": statuses,
            "unanswered": self.counted.unanswered,
            "latencyMs": latencies,
        })
    }
}

fn millis(duration: Duration) -> Value {
    (duration.as_secs_f64() * 1000.0).into()
}

#[cfg(test)]
mod tests {
    use super::super::latencies::Latencies;
    use super::*;

    fn report() -> Report {
        let mut latencies = Latencies::default();
        latencies.record(Duration::from_millis(2));
        latencies.record(Duration::from_millis(2));
        let statuses = [(200, 1), (503, 1)].into();
        let counted = Counted { statuses, unanswered: 1, latencies };
        Report { pace: Pace::Rate(2), lasted: Duration::from_secs(2), counted }
    }

    #[test]
    fn the_table_says_what_became_of_all_requests() {
        let shown = report().table().to_string();
        let expected = "load        2 requests a second, for 2.0s\nanswers     2, 1 a second\n  200       1\n  503       1\n\
                        unanswered  1\np50         2.0ms\np90         2.0ms\np99         2.0ms\np99.9       2.0ms\nmax         2.0ms\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_object_says_the_same() {
        let shown = report().json();
        assert_eq!(shown["statuses"], json!({ "200": 1, "503": 1 }));
        assert_eq!((&shown["answers"], &shown["unanswered"]), (&json!(2), &json!(1)));
        assert_eq!(shown["latencyMs"]["p99"], 2.0);
    }
}
