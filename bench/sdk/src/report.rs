//! What the rounds say: one table, and the same as JSON.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::counts::Counts;
use crate::rounds::{Measured, RATE, WIDE, WINDOW, Who};

/// One responder in all rounds.
pub(crate) struct Row {
    pub(crate) who: Who,
    pub(crate) rounds: Vec<Measured>,
    /// Of those that valgrind can count.
    pub(crate) counts: Option<Counts>,
}

/// Smallest, middle and largest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread(f64, f64, f64);

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        Some(Self(*values.first()?, values[values.len() / 2], *values.last()?))
    }

    fn json(self) -> Value {
        let Self(least, median, most) = self;
        json!({ "median": rounded(median), "least": rounded(least), "most": rounded(most) })
    }
}

impl Row {
    fn spread(&self, of: impl Fn(&Measured) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(of)).unwrap_or(Spread(0.0, 0.0, 0.0))
    }

    /// A figure beside that of the bare client in the same round.
    fn beside(&self, bare: &Self, of: impl Fn(&Measured) -> f64) -> Spread {
        let pairs = self.rounds.iter().zip(&bare.rounds);
        Spread::of(pairs.map(|(ours, bare)| of(ours) / of(bare))).unwrap_or(Spread(0.0, 0.0, 0.0))
    }

    fn latency(&self, of: impl Fn((Duration, Duration)) -> Duration) -> Option<Spread> {
        Spread::of(self.rounds.iter().filter_map(|round| Some(of(round.latency?).as_secs_f64() * 1e6)))
    }

    fn line(&self, bare: &Self) -> String {
        let Spread(_, cpu, _) = self.spread(|round| round.direct.microseconds());
        let Spread(least, ratio, most) = self.beside(bare, |round| round.direct.microseconds());
        let Spread(_, wide, _) = self.beside(bare, |round| round.wide.microseconds());
        let Spread(_, rate, _) = self.spread(|round| round.direct.rate());
        let Spread(_, rate_ratio, _) = self.beside(bare, |round| round.direct.rate());
        let Spread(_, through, _) = self.spread(|round| round.through.rate());
        let Spread(_, through_ratio, _) = self.beside(bare, |round| round.through.rate());
        let Spread(_, memory, _) = self.spread(|round| round.direct.memory as f64 / 1e6);
        let latency = match (self.latency(|(p50, _)| p50), self.latency(|(_, p99)| p99)) {
            (Some(Spread(_, p50, _)), Some(Spread(_, p99, _))) => format!("{p50:.0} / {p99:.0}"),
            _ => String::new(),
        };
        let (instructions, allocations) = match self.counts {
            Some(counts) => (grouped(counts.instructions), format!("{:.1}", counts.allocations)),
            None => (String::new(), String::new()),
        };
        format!(
            "| {} | {cpu:.2} | {ratio:.2} ({least:.2} to {most:.2}) | {wide:.2} | {} | {rate_ratio:.2} | {latency} | {} | \
             {through_ratio:.2} | {instructions} | {allocations} | {memory:.1} |",
            self.who.name(),
            grouped(rate),
            grouped(through),
        )
    }

    fn json(&self, bare: &Self) -> Value {
        json!({
            "responder": self.who.name(),
            "cpu_us": self.spread(|round| round.direct.microseconds()).json(),
            "cpu_beside_bare": self.beside(bare, |round| round.direct.microseconds()).json(),
            "cpu_beside_bare_wide": self.beside(bare, |round| round.wide.microseconds()).json(),
            "messages_per_second": self.spread(|round| round.direct.rate()).json(),
            "rate_beside_bare": self.beside(bare, |round| round.direct.rate()).json(),
            "latency_p50_us": self.latency(|(p50, _)| p50).map(Spread::json),
            "latency_p99_us": self.latency(|(_, p99)| p99).map(Spread::json),
            "through_server_messages_per_second": self.spread(|round| round.through.rate()).json(),
            "through_server_rate_beside_bare": self.beside(bare, |round| round.through.rate()).json(),
            "instructions": self.counts.map(|counts| counts.instructions.round()),
            "allocations": self.counts.map(|counts| rounded(counts.allocations)),
            "memory_bytes": self.spread(|round| round.direct.memory as f64).json(),
        })
    }
}

/// The table, for a terminal or a page of documentation. The first row is the bare client's.
pub(crate) fn table(rows: &[Row]) -> String {
    let Some(bare) = rows.first() else { return String::new() };
    let head = format!(
        "| responder | CPU µs a message | beside bare (least to most) | the same, {WIDE} at a time | messages a second, one core | \
         beside bare | p50 / p99 µs at {} a second | messages a second through nats-server | beside bare | instructions | \
         allocations | memory MB |",
        grouped(RATE)
    );
    let rule = "|---".repeat(12) + "|";
    let lines = rows.iter().map(|row| row.line(bare));
    [head, rule].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

pub(crate) fn json(rows: &[Row]) -> Value {
    let responders: Vec<_> = rows.iter().filter_map(|row| Some(row.json(rows.first()?))).collect();
    json!({
        "date": today(),
        "machine": machine(),
        // Above the number of cores, rates and latencies say nothing.
        "load_average": load_average(),
        "rounds": rows.first().map_or(0, |row| row.rounds.len()),
        "window": WINDOW,
        "window_wide": WIDE,
        "latency_at_messages_per_second": RATE,
        "responders": responders,
    })
}

/// Processor, cores and kernel.
pub(crate) fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}

/// Of the last minute, the last five and the last fifteen.
pub(crate) fn load_average() -> Vec<f64> {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).filter_map(|figure| figure.parse().ok()).collect()
}

fn today() -> String {
    let date = std::process::Command::new("date").arg("+%F").output();
    date.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// A whole number with commas.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::respond::Kind;
    use crate::responder::Cost;

    fn row(kind: Kind, cpu: [u64; 3]) -> Row {
        let cost = |cpu| Cost {
            messages: 1_000,
            cpu: Duration::from_micros(cpu),
            elapsed: Duration::from_millis(10),
            memory: 6_500_000,
        };
        let measured =
            |cpu| Measured { direct: cost(cpu), wide: cost(cpu), latency: None, through: cost(cpu) };
        Row { who: Who::Rust(kind), rounds: cpu.map(measured).to_vec(), counts: None }
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // Twice as dear in every round, though the machine was slower in one.
        let rows = [row(Kind::Bare, [1_000, 3_000, 2_000]), row(Kind::General, [2_000, 6_000, 4_000])];
        let table = table(&rows);
        assert!(table.contains("| general | 4.00 | 2.00 (2.00 to 2.00) |"), "{table}");
        assert_eq!(json(&rows)["responders"][1]["cpu_beside_bare"]["most"], 2.0);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            ["7", "999", "1,000", "1,125,000"].map(str::to_owned),
            [7.0, 999.0, 1e3, 1_125e3].map(grouped)
        );
    }
}
