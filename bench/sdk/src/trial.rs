//! A few responders beside each other, in many short rounds: whatever else the machine does meets all of them.
//!
//! What can be compared is CPU time, by its median and its quartiles; rates only if the machine has nothing else to do.
//! A message is cheaper the more of them come together, and how many do is a matter of what else runs. So those with a
//! core of their own are asked in bursts: what comes together is always the same.

use std::process::Command;
use std::time::Duration;

use kaa_measured::own_cpu;

use crate::counts::Counts;
use crate::load;
use crate::peer::Peer;
use crate::report::{self, grouped};
use crate::responder::{Cores, Cost, Responder};
use crate::rounds::{WIDE, WINDOW};
use crate::workload::Answers;

const MESSAGES: u32 = 240 * WINDOW;

/// A responder. It is started anew in each round: where a process lies in memory matters, too.
pub(crate) struct Trial {
    pub(crate) name: String,
    pub(crate) answers: Answers,
    pub(crate) command: Box<dyn Fn(&str) -> Command>,
    /// How many of its connections listen.
    pub(crate) listeners: usize,
    pub(crate) cores: Cores,
    /// The place of the one that it is compared with.
    pub(crate) beside: usize,
    /// Whether valgrind counts the same on every run.
    pub(crate) is_deterministic: bool,
}

struct Round {
    cost: Cost,
    /// CPU time of the generator.
    asking: Duration,
}

impl Round {
    fn asking(&self) -> f64 {
        self.asking.as_secs_f64() * 1e6 / f64::from(self.cost.messages)
    }
}

/// Measures, and prints the table.
pub(crate) fn run(trials: &[Trial], rounds: usize) {
    let mut measured: Vec<Vec<Round>> = trials.iter().map(|_| Vec::new()).collect();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for (trial, rounds) in trials.iter().zip(&mut measured) {
            rounds.push(trial.round());
        }
    }
    println!("{rounds} rounds on {}, load average {:?}\n", report::machine(), report::load_average());
    println!(
        "| responder | CPU µs a message | beside | CPU | rate | CPU µs of the generator | instructions | allocations |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (trial, rounds) in trials.iter().zip(&measured) {
        println!("{}", trial.line(rounds, &trials[trial.beside].name, &measured[trial.beside]));
    }
}

impl Trial {
    fn round(&self) -> Round {
        let mut responder = Responder::start(self.cores, self.listeners, |url| (self.command)(url));
        self.ask(&mut responder.peer, MESSAGES / 4);
        let asking = own_cpu();
        let cost = responder.measure(MESSAGES, |peer| self.ask(peer, MESSAGES));
        Round { cost, asking: own_cpu() - asking }
    }

    fn ask(&self, peer: &mut Peer, messages: u32) {
        match self.cores {
            Cores::Own => load::bursts(peer, self.answers, WINDOW, messages),
            // Threads work at the same time only if there is always something to do.
            Cores::Shared => load::closed(peer, self.answers, WIDE, messages),
        }
    }

    fn line(&self, rounds: &[Round], name: &str, others: &[Round]) -> String {
        let beside = |of: fn(&Cost) -> f64| {
            let pairs = rounds.iter().zip(others);
            Quartiles::of(pairs.map(|(ours, other)| of(&ours.cost) / of(&other.cost)))
        };
        let Quartiles(_, cpu, _) = Quartiles::of(rounds.iter().map(|round| round.cost.microseconds()));
        let Quartiles(_, asking, _) = Quartiles::of(rounds.iter().map(Round::asking));
        let counts = self.is_deterministic.then(|| Counts::of_command(self.answers, &self.command));
        let (instructions, allocations) = counts.map_or_else(Default::default, |counts| {
            (grouped(counts.instructions), format!("{:.2}", counts.allocations))
        });
        format!(
            "| {} | {cpu:.2} | {name} | {} | {} | {asking:.2} | {instructions} | {allocations} |",
            self.name,
            beside(Cost::microseconds),
            beside(Cost::rate),
        )
    }
}

/// A quarter of all values is below the first, half of them below the second, a quarter above the third.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quartiles(f64, f64, f64);

impl Quartiles {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |quarters: usize| values.get(values.len() * quarters / 4).copied().unwrap_or(f64::NAN);
        Self(at(1), at(2), at(3))
    }
}

impl std::fmt::Display for Quartiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(lower, median, upper) = self;
        write!(f, "{median:.2} ({lower:.2} to {upper:.2})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(cpu: u64) -> Round {
        let cpu = Duration::from_micros(cpu);
        let cost = Cost { messages: 1_000, cpu, elapsed: Duration::from_millis(10), memory: 0 };
        Round { cost, asking: Duration::from_micros(500) }
    }

    #[test]
    fn a_ratio_is_taken_within_a_round_and_its_quartiles_are_told() {
        let trial = Trial {
            name: "ours".to_owned(),
            answers: Answers::Echo,
            command: Box::new(|_| unreachable!("nothing is counted")),
            listeners: 1,
            cores: Cores::Own,
            beside: 0,
            is_deterministic: false,
        };
        let ours = [2_000, 4_000, 3_000, 8_000].map(round);
        let other = [1_000, 1_000, 1_000, 4_000].map(round);
        let line = trial.line(&ours, "other", &other);
        assert!(
            line.starts_with("| ours | 4.00 | other | 3.00 (2.00 to 4.00) | 1.00 (1.00 to 1.00) | 0.50 |"),
            "{line}"
        );
    }
}
