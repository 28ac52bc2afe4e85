//! Processes are killed and frozen at random while devices send batches, until 100,000 of them are confirmed.

use std::collections::BTreeMap;
use std::time::Duration;

use kaa_tests::chaos::{COMMUNICATION, Fault, Platform, Verdict, Violations};
use kaa_tests::draws::Draws;
use kaa_tests::load::Load;
use kaa_tests::store::Store;
use kaa_tests::world::World;
use tokio::time::{Instant, sleep};

const ENOUGH: usize = 100_000;
const PROCESSES: [&str; 7] = ["dcx-0", "dcx-1", "epts-0", "epts-1", "kaa-kpc", "nats-server", "postgres"];
/// PostgreSQL is many processes, which do not stand still as one.
const FREEZABLE: [&str; 6] = ["dcx-0", "dcx-1", "epts-0", "epts-1", "kaa-kpc", "nats-server"];
/// How many batches have to be confirmed after each fault.
const PROGRESS: usize = 30;

/// Whether nothing happened that must not happen.
pub(crate) async fn run(minutes: u64, seed: u64) -> bool {
    println!("seed {seed}; until {ENOUGH} batches are confirmed or {minutes} min are over");
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let world = World::start_with(COMMUNICATION).await;
    let mut platform = Platform::start(Store::postgres().await, world, &PROCESSES).await;
    let load = Load::start(platform.door(), 24, 8);
    load.goes_on("the load to begin", PROGRESS).await;

    let (mut draws, mut faults) = (Draws::new(seed), BTreeMap::<_, usize>::new());
    let began = Instant::now();
    while load.confirmed() < ENOUGH && Instant::now() < end {
        let (victim, fault) = draw(&mut draws);
        eprint!(
            "\r{:>5} s  {:>6} confirmed  {fault:?} of {victim:<20}",
            began.elapsed().as_secs(),
            load.confirmed()
        );
        platform.suffer(victim, fault, &load).await;
        let what = format!("progress after {fault:?} of {victim} (seed {seed})");
        load.goes_on(&what, PROGRESS).await;
        let kind = if fault == Fault::Kill { "killed" } else { "frozen" };
        *faults.entry(format!("{victim} {kind}")).or_default() += 1;
        sleep(Duration::from_millis(500 + millis(draws.below(2_000)))).await;
    }
    eprintln!();
    let fates = load.stop().await;
    let took = began.elapsed();
    let verdict = Verdict::of(&fates, &platform.stored().await);
    for (fault, times) in &faults {
        println!("{fault:<44}{times:>9}");
    }
    println!("{:<44}{:>9}", "faults in all", faults.values().sum::<usize>());
    println!("{verdict}");
    println!("{:<44}{:>8} s", "it took", took.as_secs());
    let is_well = verdict.violations == Violations::default();
    if !is_well {
        println!("\nseed {seed} broke a promise: {:#?}", verdict.violations);
    }
    is_well
}

/// Three kills for two freezes, of up to four seconds: the connection to a frozen nats-server is given up after three.
fn draw(draws: &mut Draws) -> (&'static str, Fault) {
    if draws.below(5) < 3 {
        (draws.one_of(&PROCESSES), Fault::Kill)
    } else {
        (draws.one_of(&FREEZABLE), Fault::Freeze(Duration::from_millis(200 + millis(draws.below(3_800)))))
    }
}

fn millis(drawn: usize) -> u64 {
    u64::try_from(drawn).unwrap()
}
