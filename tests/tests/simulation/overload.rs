//! More requests than an extension takes at once.

use std::time::Duration;

use kaa_bus::faults::Faults;
use kaa_ext::Limits;

use crate::seeds::Scenario;
use crate::traffic::{Plan, play};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "overload",
    faults: Faults::from_seed,
    play: |world| {
        Box::pin(play(
            world,
            Plan {
                replicas: 1,
                devices: 3,
                steps: 10,
                burst: 8,
                work: Duration::from_millis(1500),
                pause: Duration::from_millis(300),
                limits: Limits { requests: 4, per_endpoint: 2, ..Limits::default() },
                crash: 0,
                replace: 0,
                lose: 0,
                has_trouble: true,
                is_perfect: false,
            },
        ))
    },
};
