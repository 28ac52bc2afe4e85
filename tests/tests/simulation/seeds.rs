//! Runs a scenario for many seeds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use kaa_bus::faults::Faults;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::world::World;

/// What becomes of a seed: nothing, or what is wrong.
pub(crate) type Verdict = Result<(), String>;

pub(crate) type Play = Pin<Box<dyn Future<Output = Verdict>>>;

/// One of them.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) faults: fn(u64) -> Faults,
    pub(crate) play: fn(World) -> Play,
}

/// How a seed went.
pub(crate) struct Run {
    pub(crate) verdict: Verdict,
    hash: u64,
    trace: String,
}

/// Longer than any scenario takes, in the time of the simulation.
const END_OF_TIME: Duration = Duration::from_secs(3600);

/// Every so many seeds, one is run twice: it has to go the same way.
const TWICE: u64 = 16;

/// How many lines of the trace of a failing seed are shown.
const SHOWN: usize = 60;

pub(crate) fn run(scenario: &Scenario, seed: u64) -> Run {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let world = runtime.block_on(async { World::new(seed, (scenario.faults)(seed)) });
    let play = AssertUnwindSafe(|| {
        runtime.block_on(async { timeout(END_OF_TIME, (scenario.play)(world.clone())).await })
    });
    let verdict = match catch_unwind(play) {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(_)) => Err(format!("I11: it is not done after {END_OF_TIME:?}")),
        Err(panic) => Err(format!("I9: a panic: {}", text(&*panic))),
    };
    Run { verdict, hash: world.server().trace_hash(), trace: world.server().trace() }
}

fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Runs the seeds that the environment asks for; fails at the first one that goes wrong.
#[cfg(not(kaa_plant))]
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

#[cfg(not(kaa_plant))]
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}; expected a number")))
}

#[cfg(not(kaa_plant))]
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
