//! The bus of one seed, and everybody's clock.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use kaa_bus::faults::{Dice, Faults, FaultyServer};
use kaa_bus::{Bus, Clock, MemoryServer};
use tokio::time::Instant;

use crate::history::History;

/// How wrong a clock may be, in either direction. Two of them differ by less than the second that
/// extensions allow for.
pub(crate) const SKEW: Duration = Duration::from_millis(400);

/// What everybody in a simulation shares. Clones share it.
#[derive(Clone)]
pub(crate) struct World {
    server: FaultyServer,
    clock: Clock,
    pub(crate) dice: Dice,
    history: Arc<Mutex<History>>,
}

impl World {
    pub(crate) fn new(seed: u64, faults: Faults) -> Self {
        let history = Arc::new(Mutex::new(History::new(faults.corrupt == 0)));
        let dice = Dice::new(!seed);
        Self { server: MemoryServer::with_faults(faults), clock: Clock::tokio(), dice, history }
    }

    pub(crate) fn server(&self) -> &FaultyServer {
        &self.server
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm(&self) {
        self.server.note("calm");
        self.server.calm();
        self.history().is_calm = true;
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap()
    }

    /// A connection of a process whose clock is wrong.
    pub(crate) fn connect(&mut self) -> Bus {
        let ahead = self.up_to(2 * SKEW);
        let clock = match self.clock {
            Clock::Tokio { epoch, start } => Clock::Tokio { epoch: epoch - SKEW + ahead, start },
            clock => clock,
        };
        self.server.connect(clock)
    }

    /// A time of whole milliseconds, at most this.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_millis(self.dice.below(u64::try_from(most.as_millis()).unwrap() + 1))
    }

    /// Which of so many.
    pub(crate) fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.dice.below(u64::try_from(of).unwrap())).unwrap()
    }

    /// Waits until something starts that does not start as long as the bus is away.
    pub(crate) async fn started<T, E: std::fmt::Display>(
        &mut self,
        what: &str,
        mut start: impl AsyncFnMut(Bus) -> Result<T, E>,
    ) -> (Bus, T) {
        let patience = Instant::now() + Duration::from_secs(300);
        loop {
            let bus = self.connect();
            match start(bus.clone()).await {
                Ok(started) => return (bus, started),
                Err(error) => assert!(Instant::now() < patience, "{what} does not start: {error}"),
            }
            // What a supervisor does: the process ends, and another one is started.
            self.server.crash(&bus);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
