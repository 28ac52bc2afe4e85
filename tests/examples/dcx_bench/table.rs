//! The costs of all rounds, and what they are beside each other.

use std::fmt;
use std::time::Duration;

use crate::BATCHES;
use crate::load::Cost;

pub(crate) struct Table {
    names: Vec<String>,
    rounds: Vec<Vec<Cost>>,
}

impl Table {
    /// The first name is the one that others are beside.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names, rounds: Vec::new() }
    }

    /// One round, in the order of the names.
    pub(crate) fn add(&mut self, costs: Vec<Cost>) {
        self.rounds.push(costs);
    }

    /// Smallest, middle and largest of what the rounds say.
    fn spread(&self, of: impl Fn(&[Cost]) -> f64) -> (f64, f64, f64) {
        let mut values: Vec<_> = self.rounds.iter().map(|costs| of(costs)).collect();
        values.sort_by(f64::total_cmp);
        (values[0], values[values.len() / 2], values[values.len() - 1])
    }
}

/// The CPU time of a batch, in microseconds.
fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6 / BATCHES as f64
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<20} batches/s   CPU us a batch          latency ms      CPU beside by hand, within a round",
            ""
        )?;
        write!(f, "{:<20}  (median)   transmitter receiver    p50     p99  ", "")?;
        writeln!(f, "   {:<19}   {:<19}   both", "transmitter", "receiver")?;
        for (line, name) in self.names.iter().enumerate() {
            let middle = |of: fn(&Cost) -> f64| self.spread(|costs| of(&costs[line])).1;
            let (rate, p50, p99) =
                (middle(Cost::rate), middle(|cost| cost.latency(0.5)), middle(|cost| cost.latency(0.99)));
            let transmitter = middle(|cost| microseconds(cost.transmitter));
            let receiver = middle(|cost| microseconds(cost.receiver));
            write!(
                f,
                "{name:<20} {rate:>9.0}   {transmitter:>11.2} {receiver:>8.2} {p50:>8.2} {p99:>7.2}  "
            )?;
            let ends: [fn(&Cost) -> Duration; 3] =
                [|cost| cost.transmitter, |cost| cost.receiver, |cost| cost.transmitter + cost.receiver];
            for of in ends {
                let beside = |costs: &[Cost]| of(&costs[line]).as_secs_f64() / of(&costs[0]).as_secs_f64();
                let (least, middle, most) = self.spread(beside);
                write!(f, "   {middle:.2} ({least:.2} to {most:.2})")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
