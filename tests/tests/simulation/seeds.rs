//! Runs a scenario for a seed.

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
    pub(crate) hash: u64,
    pub(crate) trace: String,
}

/// Longer than any scenario takes, in the time of the simulation.
const END_OF_TIME: Duration = Duration::from_secs(3600);

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
