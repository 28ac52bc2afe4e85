//! The platform with processes that are killed and frozen, and what has to be true afterwards.
//!
//! A device cannot know what became of a batch that was not confirmed, and a second try would be another request to
//! everybody. So devices here never send a batch again: it may have been stored or not, but not twice, and not in
//! part.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::load::{Door, Fates, Load, SAMPLES};
use crate::service::Service;
use crate::store::{Store, Stored};
use crate::world::World;

/// What the communication service does: every token is an endpoint, and nobody waits for long.
pub const COMMUNICATION: &str =
    "tokens: { mode: trustful }\nrequests: { timeout: 1s }\nextensions: { dcx: {} }\n";

/// When a request has to have ended: its timeout, and what a busy machine may take longer.
pub const DEADLINE: Duration = Duration::from_millis(1_250);

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// `kill -9`, and a new one takes its place.
    Kill,
    /// It stands still for so long (SIGSTOP, SIGCONT).
    Freeze(Duration),
}

/// All processes. Killed when dropped.
#[derive(Debug)]
pub struct Platform {
    world: World,
    store: Store,
    services: BTreeMap<&'static str, Service>,
}

impl Platform {
    /// With these processes, of which those with a number are replicas of services: `dcx-0`.
    ///
    /// # Panics
    ///
    /// When one does not start.
    pub async fn start(store: Store, world: World, processes: &[&'static str]) -> Self {
        let mut platform = Self { world, store, services: BTreeMap::new() };
        for name in processes.iter().filter(|name| name.ends_with(char::is_numeric)) {
            platform.begin(name).await;
        }
        platform
    }

    /// Where devices connect.
    pub fn door(&self) -> Door {
        Door::of(&self.world.kpc)
    }

    /// Starts a replica of a service, by its name.
    async fn begin(&mut self, replica: &'static str) {
        let (service, _) = replica.split_once('-').unwrap();
        let database = self.store.database();
        let variables = [
            ("SERVICE_INSTANCE_REPLICA_ID", replica),
            ("DATABASE", &database),
            ("DCX_RECEIVERS", "epts"),
            // What is lost with the one who was killed is not waited for longer than need be.
            ("DCX_TIMEOUT", "500ms"),
        ];
        let running = self.world.service(service, &variables).await;
        self.services.insert(replica, running);
    }

    /// Does this to one of the processes; it serves again when this returns.
    ///
    /// # Panics
    ///
    /// When there is no such process, or it does not come back.
    pub async fn suffer(&mut self, victim: &'static str, fault: Fault, load: &Load) {
        // Standing still counts: what the server was to confirm meanwhile is late when it goes on.
        let ends_sessions = matches!(victim, "kaa-kpc" | "nats-server");
        if ends_sessions {
            load.outage_begins();
        }
        match fault {
            Fault::Kill => {
                load.close_door();
                self.kill(victim).await;
                load.open_door(self.door());
            }
            Fault::Freeze(time) => {
                self.freeze(victim, true);
                tokio::time::sleep(time).await;
                self.freeze(victim, false);
                if victim == "kaa-kpc" {
                    load.thaw();
                }
            }
        }
        if ends_sessions {
            load.outage_ends();
        }
    }

    async fn kill(&mut self, victim: &'static str) {
        match victim {
            "kaa-kpc" => {
                self.world.kpc.kill();
                self.world.kpc = self.world.communication().await;
            }
            "nats-server" => self.world.server.restart().await,
            "postgres" => self.store.restart().await,
            replica => {
                self.services.remove(replica).unwrap().killed().await;
                self.begin(replica).await;
            }
        }
    }

    /// Stops it, or lets it go on.
    fn freeze(&self, victim: &str, is_frozen: bool) {
        match (victim, is_frozen) {
            ("kaa-kpc", true) => self.world.kpc.stop(),
            ("kaa-kpc", false) => self.world.kpc.cont(),
            ("nats-server", true) => self.world.server.stop(),
            ("nats-server", false) => self.world.server.cont(),
            (replica, true) => self.services[replica].stop(),
            (replica, false) => self.services[replica].cont(),
        }
    }

    /// Ends all services, and reads what they have stored.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    pub async fn stored(self) -> Vec<Stored> {
        for (_, service) in self.services {
            service.killed().await;
        }
        self.store.samples().await
    }
}

/// What devices were told beside what is stored.
#[derive(Debug)]
pub struct Verdict {
    /// How many batches got which status code; `None` when the session ended before.
    pub told: BTreeMap<Option<u16>, usize>,
    /// How many batches are stored.
    pub stored: usize,
    /// The slowest answer, and whether it came in time.
    pub slowest: Duration,
    /// What must not have happened.
    pub violations: Violations,
}

/// What must not have happened, by the names of the batches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// Got 200 and is not stored.
    pub missing: Vec<String>,
    /// Stored twice, in part, under another endpoint, or never sent.
    pub not_once: Vec<String>,
    /// Not answered although nothing ended the session, or answered with something strange.
    pub strange: Vec<String>,
    /// Answered a second time.
    pub strays: Vec<String>,
    /// Answered after [`DEADLINE`].
    pub late: Vec<String>,
}

impl Verdict {
    /// Compares what devices were told with what is stored.
    ///
    /// # Panics
    ///
    /// When something is stored that no device has ever sent anything like.
    pub fn of(fates: &Fates, stored: &[Stored]) -> Self {
        let mut batches: BTreeMap<String, Vec<(i64, u64)>> = BTreeMap::new();
        let mut violations = Violations { strays: fates.strays.clone(), ..Violations::default() };
        for sample in stored {
            let content: Value = serde_json::from_str(&sample.content).unwrap();
            let batch = content["batch"].as_str().unwrap();
            if batch.split('/').next() != Some(&*sample.endpoint) || !fates.batches.contains_key(batch) {
                violations.not_once.push(format!("{batch} of {}", sample.endpoint));
            }
            let number = content["sample"].as_u64().unwrap();
            batches.entry(batch.to_owned()).or_default().push((sample.batch, number));
        }
        for (name, samples) in &batches {
            let whole: Vec<_> = (0..).take(SAMPLES).map(|number| (samples[0].0, number)).collect();
            if *samples != whole {
                violations.not_once.push(format!("{name}: {samples:?}"));
            }
        }
        let (mut told, mut slowest) = (BTreeMap::new(), Duration::ZERO);
        for (name, fate) in &fates.batches {
            *told.entry(fate.code).or_insert(0_usize) += 1;
            match fate.code {
                Some(200) if !batches.contains_key(name) => violations.missing.push(name.clone()),
                Some(200 | 503 | 504) => {}
                None if fate.bereaved => continue,
                _ => violations.strange.push(format!("{name}: {fate:?}")),
            }
            slowest = slowest.max(fate.took);
            if fate.took > DEADLINE {
                violations.late.push(format!("{name}: {fate:?}"));
            }
        }
        Self { told, stored: batches.len(), slowest, violations }
    }

    /// How many batches got 200.
    pub fn confirmed(&self) -> usize {
        self.told.get(&Some(200)).copied().unwrap_or(0)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violations { missing, not_once, strange, strays, late } = &self.violations;
        for (code, batches) in &self.told {
            match code {
                Some(200) => writeln!(f, "{:<44}{batches:>9}", "confirmed (200)")?,
                Some(code) => writeln!(f, "{:<44}{batches:>9}", format!("refused with {code}"))?,
                None => writeln!(f, "{:<44}{batches:>9}", "lost with their connection")?,
            }
        }
        writeln!(f, "{:<44}{:>9}", "batches stored", self.stored)?;
        for (what, which) in [
            ("confirmed and not stored", missing),
            ("stored twice, in part, or never sent", not_once),
            ("not answered, or strangely", strange),
            ("answered twice", strays),
            ("answered after the deadline and 250 ms", late),
        ] {
            writeln!(f, "{what:<44}{:>9}", which.len())?;
        }
        write!(f, "{:<44}{:>7} ms", "slowest answer (timeout 1,000 ms)", self.slowest.as_millis())
    }
}
