//! The bugs that are planted in the real code, each of which has to be found.
//!
//! `planted!("…")` marks the places. One build has them all, and one of them at a time is switched on.

use kaa_bus::planted::plant;

use crate::seeds::{Scenario, run};
use crate::{affinity, drain, gather, observe, overload};

/// How many seeds a bug may take to be found.
const SEEDS: u64 = 1000;

const PLANTS: &[(&str, &Scenario)] = &[
    ("a double answer", &drain::SCENARIO),
    ("a drain drops its queue", &drain::SCENARIO),
    ("a hint too many is dismissed", &observe::SCENARIO),
    ("a lane forgets who waits", &overload::SCENARIO),
    ("a late reply", &affinity::SCENARIO),
    ("a panic ends the worker", &affinity::SCENARIO),
    ("a place is never given back", &overload::SCENARIO),
    ("a push for nobody is not counted", &affinity::SCENARIO),
    ("a timeout without a word", &affinity::SCENARIO),
    ("any return address will do", &affinity::SCENARIO),
    ("confirmed when published", &gather::SCENARIO),
    ("expiry is ignored", &affinity::SCENARIO),
    ("no second chance for the pinned", &drain::SCENARIO),
    ("no subscription after a reconnect", &affinity::SCENARIO),
    ("one receipt is enough", &gather::SCENARIO),
    ("the last return address", &drain::SCENARIO),
    ("what is shed is not counted", &overload::SCENARIO),
];

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    for (bug, scenario) in PLANTS {
        plant(Some(bug));
        let found = (0..SEEDS).find_map(|seed| Some((seed, run(scenario, seed).verdict.err()?)));
        match found {
            Some((seed, problem)) => println!("{bug:<36}{:<10}seed {seed:<4}{problem}", scenario.name),
            None => missed.push(*bug),
        }
    }
    plant(None);
    for scenario in
        [&affinity::SCENARIO, &drain::SCENARIO, &gather::SCENARIO, &observe::SCENARIO, &overload::SCENARIO]
    {
        assert_eq!(run(scenario, 0).verdict, Ok(()), "{} without a bug", scenario.name);
    }
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}
