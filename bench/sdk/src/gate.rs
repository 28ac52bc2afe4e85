//! What of the counts may not grow: instructions and allocations of an extension, per message.
//!
//! What was reached may not be lost: 2 % more than that fails. The goal is so much more than the bare client in the same
//! run: how far away it is gets printed, and once it is reached it may not be missed again. Whoever makes an extension
//! cheaper writes the new figures down here.

use crate::counts::Counts;
use crate::respond::Kind;

/// How much more than what was reached is a step back, and not the compiler's mood.
const SLACK: f64 = 1.02;

struct Limit {
    kind: Kind,
    /// Beyond the bare client.
    goal: Counts,
    /// In all.
    reached: Counts,
}

/// What the bare client takes.
const BARE: Counts = Counts { instructions: 5_729.0, allocations: 3.02 };

const LIMITS: [Limit; 2] = [
    Limit {
        kind: Kind::ExtensionBytes,
        goal: Counts { instructions: 4_000.0, allocations: 4.0 },
        reached: Counts { instructions: 9_434.0, allocations: 3.76 },
    },
    Limit {
        kind: Kind::ExtensionJson,
        goal: Counts { instructions: 10_500.0, allocations: 6.0 },
        reached: Counts { instructions: 15_312.0, allocations: 6.76 },
    },
];

/// Counts, prints, and says what is over its limit.
pub(crate) fn check() -> Vec<String> {
    let bare = Counts::of(Kind::Bare);
    println!("{:<16} {:>8.0} instructions {:>6.2} allocations", "bare", bare.instructions, bare.allocations);
    let mut over = Vec::new();
    for limit in &LIMITS {
        let counts = Counts::of(limit.kind);
        println!(
            "{:<16} {:>8.0} instructions {:>6.2} allocations",
            limit.kind.name(),
            counts.instructions,
            counts.allocations
        );
        for measure in limit.measures(counts, bare) {
            println!("  {measure}");
            over.extend(measure.over().map(|over| format!("{}: {over}", limit.kind)));
        }
    }
    over
}

impl Limit {
    fn measures(&self, now: Counts, bare: Counts) -> [Measure; 2] {
        let measure = |unit, of: fn(&Counts) -> f64| Measure {
            unit,
            now: of(&now),
            beyond: of(&now) - of(&bare),
            reached: of(&self.reached),
            reached_beyond: of(&self.reached) - of(&BARE),
            goal: of(&self.goal),
        };
        [
            measure("instructions", |counts| counts.instructions),
            measure("allocations", |counts| counts.allocations),
        ]
    }
}

/// One of the counts, beside its limits.
struct Measure {
    unit: &'static str,
    now: f64,
    /// Beyond the bare client.
    beyond: f64,
    reached: f64,
    reached_beyond: f64,
    goal: f64,
}

impl Measure {
    fn over(&self) -> Option<String> {
        let Self { unit, now, beyond, reached, reached_beyond, goal } = self;
        if *now > reached * SLACK {
            return Some(format!("{now:.2} {unit}, {reached:.2} were reached before"));
        }
        let is_lost = *beyond > goal * SLACK && reached_beyond <= goal;
        is_lost.then(|| format!("{beyond:.2} {unit} more than bare; the goal of {goal} was reached before"))
    }
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { unit, now, beyond, reached, goal, .. } = self;
        write!(f, "{unit}: bare + {beyond:.2}, the goal is bare + {goal}: ")?;
        match beyond - goal {
            missing if missing > 0.0 => write!(f, "missed by {missing:.2}")?,
            _ => f.write_str("reached")?,
        }
        if *now * SLACK < *reached {
            write!(f, "; write down that it is no longer {reached:.2}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was reached keeps the goal in allocations, and misses it in instructions.
    const LIMIT: Limit = Limit {
        kind: Kind::ExtensionBytes,
        goal: Counts { instructions: 500.0, allocations: 4.0 },
        reached: Counts { instructions: BARE.instructions + 1_000.0, allocations: BARE.allocations + 3.95 },
    };

    fn now(instructions: f64, allocations: f64) -> [Measure; 2] {
        let now = Counts {
            instructions: LIMIT.reached.instructions * instructions,
            allocations: LIMIT.reached.allocations * allocations,
        };
        LIMIT.measures(now, BARE)
    }

    #[test]
    fn what_was_reached_is_within_the_limits_though_a_goal_is_missed() {
        let [instructions, allocations] = now(1.0, 1.0);
        assert_eq!([instructions.over(), allocations.over()], [None, None]);
        let [instructions, allocations] = [instructions, allocations].map(|measure| measure.to_string());
        assert_eq!(instructions, "instructions: bare + 1000.00, the goal is bare + 500: missed by 500.00");
        assert_eq!(allocations, "allocations: bare + 3.95, the goal is bare + 4: reached");
    }

    #[test]
    fn more_than_was_reached_is_a_step_back_beyond_what_a_compiler_may_change() {
        let [a_little, _] = now(1.015, 1.0);
        assert_eq!(a_little.over(), None);
        let [step_back, _] = now(1.025, 1.0);
        let reached = LIMIT.reached.instructions;
        let over = format!("{:.2} instructions, {reached:.2} were reached before", reached * 1.025);
        assert_eq!(step_back.over().unwrap(), over);
    }

    #[test]
    fn a_goal_that_was_reached_may_not_be_missed_again_beyond_the_same() {
        let [_, a_little] = now(1.0, 1.015);
        assert_eq!(a_little.over(), None);
        let [_, allocations] = now(1.0, 1.0195);
        let over = allocations.over().unwrap();
        assert!(over.ends_with("allocations more than bare; the goal of 4 was reached before"), "{over}");
    }

    #[test]
    fn who_makes_it_cheaper_is_asked_to_write_that_down() {
        let [instructions, allocations] = now(0.95, 1.0).map(|measure| measure.to_string());
        let reached = format!("write down that it is no longer {:.2}", LIMIT.reached.instructions);
        assert!(instructions.ends_with(&reached), "{instructions}");
        assert!(!allocations.contains("write down"), "{allocations}");
    }
}
