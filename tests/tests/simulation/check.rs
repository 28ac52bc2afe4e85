//! Which seeds are run, and how a failing one is told.

use crate::seeds::{Run, Scenario, run};

/// Every so many seeds, one is run twice: it has to go the same way.
const TWICE: u64 = 16;

/// How many lines of the trace of a failing seed are shown.
const SHOWN: usize = 60;

/// Runs the seeds that the environment asks for; fails at the first one that goes wrong.
pub(crate) fn check(scenario: &Scenario) {
    if let Some(seed) = variable("KAA_SIM_SEED") {
        let Run { verdict, hash, trace } = run(scenario, seed);
        println!("{trace}\nseed {seed} of {}: {verdict:?}, trace {hash:016x}", scenario.name);
        assert_eq!(verdict, Ok(()));
        return;
    }
    let (from, seeds) = (variable("KAA_SIM_FROM").unwrap_or(0), variable("KAA_SIM_SEEDS").unwrap_or(1000));
    for seed in from..from.saturating_add(seeds) {
        let first = run(scenario, seed);
        if let Err(problem) = &first.verdict {
            panic!("{}", report(scenario, seed, problem, &first.trace));
        }
        if seed % TWICE == 0 {
            let second = run(scenario, seed);
            let problem = "I12: the same seed went another way the second time";
            assert_eq!(first.hash, second.hash, "{}", report(scenario, seed, problem, &second.trace));
        }
    }
    println!("{}: {seeds} seeds from {from} went well", scenario.name);
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}; expected a number")))
}

fn report(scenario: &Scenario, seed: u64, problem: &str, trace: &str) -> String {
    let lines: Vec<&str> = trace.lines().collect();
    let last = lines.get(lines.len().saturating_sub(SHOWN)..).unwrap_or_default().join("\n");
    let Scenario { name, faults, .. } = scenario;
    format!(
        "seed {seed} of {name}: {problem}\n{:?}\nthe last lines of its trace:\n{last}\nreplay it with\n  \
         KAA_SIM_SEED={seed} cargo test -p kaa-tests --test simulation {name} -- --nocapture\n",
        faults(seed)
    )
}
