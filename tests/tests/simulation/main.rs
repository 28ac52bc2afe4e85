//! Deterministic simulation: the real services on a bus on which everything goes wrong, a thousand times a
//! minute, and the same way again for the same seed.
//!
//! | module | what it does |
//! |---|---|
//! | `seeds` | runs a scenario for a seed |
//! | `check` | which seeds are run, and how a failing one is replayed |
//! | `world` | the bus of one seed, and clocks that disagree |
//! | `history` | what was asked, handled, stored and answered; what may not have happened |
//! | `communication` | replicas of the communication service (the real relay), and the devices behind them |
//! | `replica` | replicas of an extension that can crash and drain |
//! | `traffic` | devices that ask while replicas come and go |
//! | `affinity`, `overload`, `drain` | three kinds of traffic |
//! | `gather` | data collection: the real `dcx`, and receivers that have to confirm |
//! | `observe` | configuration: the real `cmx`, and a provider |
//! | `plants` | the bugs that are planted to see whether all this finds them (`--cfg kaa_plant`) |
//!
//! Every seed has two phases. With the faults on, nothing wrong may happen (safety); then they are switched
//! off, and everything has to work again (liveness).
//!
//! `KAA_SIM_SEEDS` says how many seeds each scenario gets (default 1,000), `KAA_SIM_FROM` the first of them,
//! and `KAA_SIM_SEED` runs a single one and prints its trace.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a seed that goes wrong has to fail its test, and to be told"
)]

mod affinity;
#[cfg(not(kaa_plant))]
mod check;
mod communication;
mod drain;
mod gather;
mod history;
mod observe;
mod overload;
#[cfg(kaa_plant)]
mod plants;
mod replica;
mod seeds;
mod traffic;
mod world;

#[cfg(not(kaa_plant))]
mod scenarios {
    use crate::check::check;
    use crate::{affinity, drain, gather, observe, overload};

    #[test]
    fn affinity() {
        check(&affinity::SCENARIO);
    }

    #[test]
    fn drain() {
        check(&drain::SCENARIO);
    }

    #[test]
    fn gather() {
        check(&gather::SCENARIO);
    }

    #[test]
    fn observe() {
        check(&observe::SCENARIO);
    }

    #[test]
    fn overload() {
        check(&overload::SCENARIO);
    }
}
