//! Replicas are replaced under load, and nobody notices: messages only take their time here.

use std::time::Duration;

use kaa_bus::faults::Faults;
use kaa_ext::Limits;

use crate::seeds::Scenario;
use crate::traffic::{Plan, play};

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "drain",
    faults: |seed| {
        let Faults { latency, .. } = Faults::from_seed(seed);
        let mut faults = Faults::none(seed);
        faults.latency = latency;
        faults
    },
    play: |world| {
        Box::pin(play(
            world,
            Plan {
                replicas: 2,
                devices: 3,
                steps: 20,
                burst: 3,
                work: Duration::from_millis(200),
                pause: Duration::from_millis(60),
                limits: Limits { grace: Duration::from_secs(10), ..Limits::default() },
                crash: 0,
                replace: 4,
                lose: 0,
                has_trouble: false,
                is_perfect: true,
            },
        ))
    },
};
