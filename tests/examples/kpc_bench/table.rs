//! The costs of all rounds, and what they are beside each other.

use std::fmt;

use crate::load::Cost;

const NAMES: [&str; 6] = [
    "bare client, a connection each",
    "bare client, one connection",
    "sockets alone",
    "kaa-kpc, MQTT QoS 0",
    "kaa-kpc, MQTT QoS 1",
    "kaa-kpc, HTTP",
];

pub(crate) struct Table {
    rounds: Vec<Vec<Cost>>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { rounds: Vec::new() }
    }

    /// One round, in the order of the names.
    pub(crate) fn add(&mut self, costs: Vec<Cost>) {
        self.rounds.push(costs);
    }

    /// The rate of the slowest closed loop of `kaa-kpc`.
    pub(crate) fn slowest(&self) -> f64 {
        self.rounds.iter().flat_map(|costs| &costs[3..]).map(Cost::rate).fold(f64::MAX, f64::min)
    }

    /// Smallest, middle and largest of what the rounds say.
    fn spread(&self, of: impl Fn(&[Cost]) -> f64) -> (f64, f64, f64) {
        let mut values: Vec<_> = self.rounds.iter().map(|costs| of(costs)).collect();
        values.sort_by(f64::total_cmp);
        (values[0], values[values.len() / 2], values[values.len() - 1])
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "                                CPU us   req/s   beside the bare client   beside sockets"
        )?;
        writeln!(
            f,
            "                               (median)           (goal: at most 2)        + one connection"
        )?;
        for (line, name) in NAMES.iter().enumerate() {
            let (_, cpu, _) = self.spread(|costs| costs[line].microseconds());
            let (_, rate, _) = self.spread(|costs| costs[line].rate());
            write!(f, "{name:<31} {cpu:>6.2} {rate:>7.0}")?;
            if line >= 3 {
                let (least, middle, most) =
                    self.spread(|costs| costs[line].microseconds() / costs[0].microseconds());
                write!(f, "   {middle:.2} ({least:.2} to {most:.2})      ")?;
                let floor = |costs: &[Cost]| costs[1].microseconds() + costs[2].microseconds();
                let (least, middle, most) = self.spread(|costs| costs[line].microseconds() / floor(costs));
                write!(f, "   {middle:.2} ({least:.2} to {most:.2})")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
