//! Pinned sessions, while replicas on both sides crash and drain.

use std::time::Duration;

use kaa_bus::faults::Faults;
use kaa_ext::Limits;

use crate::seeds::Scenario;
use crate::traffic::{Plan, play};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "affinity",
    faults: Faults::from_seed,
    play: |world| {
        Box::pin(play(
            world,
            Plan {
                replicas: 2,
                devices: 3,
                steps: 20,
                burst: 2,
                work: Duration::from_millis(800),
                pause: Duration::from_millis(800),
                limits: Limits { grace: Duration::from_secs(3), ..Limits::default() },
                crash: 12,
                replace: 12,
                lose: 20,
                has_trouble: true,
                is_perfect: false,
            },
        ))
    },
};
