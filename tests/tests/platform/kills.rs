//! What got 200 is stored, once, whatever is killed or stands still; and every request is answered once.

use std::env;
use std::time::Duration;

use kaa_tests::chaos::{COMMUNICATION, Fault, Platform, Verdict, Violations};
use kaa_tests::draws::Draws;
use kaa_tests::load::Load;
use kaa_tests::store::Store;
use kaa_tests::world::World;

/// The order of the faults; `KAA_KILLS_SEED` for another one.
const SEED: u64 = 5;

/// How many further batches have to get their 200 after each fault.
const PROGRESS: usize = 30;

/// Long enough for what is asked of the frozen one to time out.
const FREEZE: Fault = Fault::Freeze(Duration::from_millis(1_200));

/// To whom what happens, and how often.
type Faults = &'static [(&'static str, Fault, usize)];

/// With one `epts`, which has the file.
const ON_A_FILE: Faults = &[
    ("dcx-0", Fault::Kill, 3),
    ("dcx-1", Fault::Kill, 3),
    ("epts-0", Fault::Kill, 5),
    ("kaa-kpc", Fault::Kill, 5),
    ("nats-server", Fault::Kill, 4),
    ("dcx-0", FREEZE, 1),
    ("epts-0", FREEZE, 1),
    ("kaa-kpc", FREEZE, 1),
    ("nats-server", FREEZE, 1),
];

/// With two, which share the database.
const ON_A_SERVER: Faults = &[
    ("dcx-0", Fault::Kill, 2),
    ("dcx-1", Fault::Kill, 2),
    ("epts-0", Fault::Kill, 3),
    ("epts-1", Fault::Kill, 3),
    ("kaa-kpc", Fault::Kill, 3),
    ("nats-server", Fault::Kill, 4),
    ("postgres", Fault::Kill, 3),
    ("dcx-1", FREEZE, 1),
    ("epts-1", FREEZE, 1),
    ("kaa-kpc", FREEZE, 1),
    ("nats-server", FREEZE, 1),
];

#[tokio::test]
async fn every_batch_that_got_200_is_in_the_file_and_none_twice_after_twenty_kills_and_four_freezes() {
    let world = World::start_with(COMMUNICATION).await;
    suffer(Store::sqlite(&world), world, ON_A_FILE).await;
}

#[tokio::test]
async fn every_batch_that_got_200_is_in_postgresql_and_none_twice_after_twenty_kills_and_four_freezes() {
    suffer(Store::postgres().await, World::start_with(COMMUNICATION).await, ON_A_SERVER).await;
}

async fn suffer(store: Store, world: World, faults: Faults) {
    let seed = env::var("KAA_KILLS_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let mut order: Vec<_> = faults
        .iter()
        .flat_map(|(victim, fault, times)| std::iter::repeat_n((*victim, *fault), *times))
        .collect();
    assert_eq!(order.len(), 24);
    Draws::new(seed).shuffle(&mut order);

    let mut processes: Vec<_> = faults.iter().map(|(victim, ..)| *victim).collect();
    processes.sort_unstable();
    processes.dedup();
    let mut platform = Platform::start(store, world, &processes).await;
    let load = Load::start(platform.door(), 24, 8);
    load.goes_on("the load to begin", PROGRESS).await;
    for (number, (victim, fault)) in order.into_iter().enumerate() {
        platform.suffer(victim, fault, &load).await;
        let what = format!("progress after fault {number}, {fault:?} of {victim} (KAA_KILLS_SEED={seed})");
        load.goes_on(&what, PROGRESS).await;
    }
    let fates = load.stop().await;
    is_well(Verdict::of(&fates, &platform.stored().await), seed);
}

#[allow(clippy::print_stdout, reason = "the figures, for those who ask with --nocapture")]
fn is_well(verdict: Verdict, seed: u64) {
    println!("KAA_KILLS_SEED={seed}\n{verdict}");
    assert!(
        verdict.told.keys().any(|code| *code != Some(200)),
        "no fault was felt by any device:\n{verdict}"
    );
    // When answers come is a matter of the machine, too; `cargo xtask chaos` looks at that.
    let violations = Violations { late: Vec::new(), ..verdict.violations };
    assert_eq!(violations, Violations::default(), "KAA_KILLS_SEED={seed}");
}
