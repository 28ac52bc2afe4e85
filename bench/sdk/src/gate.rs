//! What of the counts may not grow: instructions and allocations of an extension, per message.
//!
//! Two limits each. One is the goal: so much more than the bare client in the same run. The other is what was
//! reached: 2 % more than that is a step back. Whoever makes an extension cheaper writes the new figures down here.

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

const LIMITS: [Limit; 2] = [
    Limit {
        kind: Kind::ExtensionBytes,
        goal: Counts { instructions: 4_000.0, allocations: 4.0 },
        reached: Counts { instructions: 10_373.0, allocations: 3.77 },
    },
    Limit {
        kind: Kind::ExtensionJson,
        goal: Counts { instructions: 10_500.0, allocations: 6.0 },
        reached: Counts { instructions: 17_102.0, allocations: 6.77 },
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
            "{:<16} {:>8.0} instructions {:>6.2} allocations; bare + {:.0} and + {:.2}, at most + {} and + {}",
            limit.kind.name(),
            counts.instructions,
            counts.allocations,
            counts.instructions - bare.instructions,
            counts.allocations - bare.allocations,
            limit.goal.instructions,
            limit.goal.allocations,
        );
        over.extend(limit.over(counts, bare));
    }
    over
}

impl Limit {
    fn over(&self, counts: Counts, bare: Counts) -> Vec<String> {
        let Self { kind, goal, reached } = self;
        let over = |unit, now: f64, bare: f64, goal: f64, reached: f64| {
            let beyond = now - bare;
            [
                (beyond > goal)
                    .then(|| format!("{kind}: {beyond:.2} {unit} more than bare, {goal} are the goal")),
                (now > reached * SLACK)
                    .then(|| format!("{kind}: {now:.2} {unit}, {reached:.2} were reached before")),
            ]
        };
        let instructions = [counts, bare, *goal, *reached].map(|counts| counts.instructions);
        let allocations = [counts, bare, *goal, *reached].map(|counts| counts.allocations);
        [("instructions", instructions), ("allocations", allocations)]
            .into_iter()
            .flat_map(|(unit, [now, bare, goal, reached])| over(unit, now, bare, goal, reached))
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Counts = Counts { instructions: 1_000.0, allocations: 3.0 };
    const LIMIT: Limit = Limit {
        kind: Kind::ExtensionBytes,
        goal: Counts { instructions: 500.0, allocations: 4.0 },
        reached: Counts { instructions: 1_400.0, allocations: 6.0 },
    };

    #[test]
    fn what_was_reached_is_within_the_limits() {
        assert_eq!(LIMIT.over(LIMIT.reached, BARE), [""; 0]);
    }

    #[test]
    fn a_step_back_is_over_though_the_goal_is_kept() {
        let over = LIMIT.over(Counts { instructions: 1_430.0, allocations: 6.0 }, BARE);
        assert_eq!(over, ["extension-bytes: 1430.00 instructions, 1400.00 were reached before"]);
    }

    #[test]
    fn both_units_are_told_when_both_goals_are_missed() {
        let over = LIMIT.over(Counts { instructions: 1_501.0, allocations: 7.5 }, BARE).join("\n");
        assert!(over.contains("501.00 instructions more than bare, 500 are the goal"), "{over}");
        assert!(over.contains("4.50 allocations more than bare, 4 are the goal"), "{over}");
    }
}
