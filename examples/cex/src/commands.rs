//! The commands and what became of them: in memory, so many, for so long.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaa_ext::prelude::{AppVersion, EndpointId, ErrorStatus, Failure};
use kaa_ext::protocol::cep::{Command, CommandResult, CommandType};
use kaa_ext::protocol::json::RawJson;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::settings::Settings;

/// What became of a command.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) app_version: AppVersion,
    pub(crate) result: CommandResult,
}

/// Where the result of a command arrives.
pub(crate) type Pending = watch::Receiver<Option<Done>>;

/// The commands of all endpoints. A command stays until its time is over, also when it is done: whoever gave
/// it may ask again.
pub(crate) struct Commands {
    limits: Settings,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Those of each endpoint, the oldest first.
    endpoints: HashMap<EndpointId, VecDeque<Entry>>,
    /// All of them by their serial number, with when and whose: the first is the next whose time is over.
    by_age: BTreeMap<u64, (Instant, EndpointId)>,
    /// How many there ever were.
    given: u64,
}

struct Entry {
    serial: u64,
    command: Command,
    command_type: CommandType,
    done: watch::Sender<Option<Done>>,
}

impl Commands {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { limits: settings.clone(), kept: Mutex::default() }
    }

    /// How long a command is kept.
    pub(crate) fn ttl(&self) -> Duration {
        self.limits.ttl
    }

    /// Keeps a command, by a number of its own unless it comes with one. The number that was taken, where its
    /// result arrives, and whether it is new: one that is there already is not given a second time.
    pub(crate) fn give(
        &self,
        endpoint: &EndpointId,
        command_type: &CommandType,
        id: Option<i32>,
        payload: Option<RawJson>,
    ) -> Result<(i32, Pending, bool), Failure> {
        self.check_size("the payload", payload.as_ref().map_or(0, |payload| payload.as_str().len()))?;
        let mut kept = self.lock();
        if let Some(id) = id
            && let Some(entry) = kept.find(endpoint, command_type, id)
        {
            let conflict = || format!("command {id} of this type is there, with another payload");
            let is_same = entry.command.payload == payload;
            return is_same
                .then(|| (id, entry.done.subscribe(), false))
                .ok_or_else(|| Failure::new(ErrorStatus::CONFLICT, conflict()));
        }
        self.make_room(&mut kept, endpoint)?;
        let id = id.unwrap_or_else(|| kept.new_id(endpoint));
        let (done, pending) = watch::channel(None);
        let command = Command { id, command_type: None, payload };
        let serial = kept.given;
        kept.keep(endpoint, Entry { serial, command, command_type: command_type.clone(), done });
        Ok((id, pending, true))
    }

    /// What an endpoint is to do, the oldest first; of every type, each with its type, or of one.
    pub(crate) fn outstanding(&self, endpoint: &EndpointId, of: Option<&CommandType>) -> Vec<Command> {
        let kept = self.lock();
        let entries = kept.endpoints.get(endpoint).into_iter().flatten();
        let outstanding = entries
            .filter(|entry| entry.done.borrow().is_none() && of.is_none_or(|of| entry.command_type == *of));
        let with_type = |entry: &Entry| Command {
            command_type: of.is_none().then(|| entry.command_type.clone()),
            ..entry.command.clone()
        };
        outstanding.map(with_type).collect()
    }

    /// Takes what an endpoint says became of its commands; the first word about a command counts. The numbers
    /// it named that are no commands of this type.
    pub(crate) fn finish(
        &self,
        endpoint: &EndpointId,
        command_type: &CommandType,
        app_version: &AppVersion,
        results: Vec<CommandResult>,
    ) -> Result<Vec<i32>, Failure> {
        for result in &results {
            let payload = result.payload.as_ref().map_or(0, |payload| payload.as_str().len());
            let reason = result.reason_phrase.as_ref().map_or(0, String::len);
            self.check_size("a result", payload.saturating_add(reason))?;
        }
        let kept = self.lock();
        let mut unknown = Vec::new();
        for result in results {
            let Some(entry) = kept.find(endpoint, command_type, result.id) else {
                unknown.push(result.id);
                continue;
            };
            entry.done.send_if_modified(|done| {
                let is_first = done.is_none();
                done.get_or_insert_with(|| Done { app_version: app_version.clone(), result });
                is_first
            });
        }
        Ok(unknown)
    }

    /// What became of a command so far; `None` when there is no such command.
    pub(crate) fn state(&self, endpoint: &EndpointId, of: &CommandType, id: i32) -> Option<Option<Done>> {
        Some(self.lock().find(endpoint, of, id)?.done.borrow().clone())
    }

    fn check_size(&self, what: &str, size: usize) -> Result<(), Failure> {
        let most = self.limits.payload;
        let reason = || format!("{what} has {size} bytes; at most {most} are kept");
        (size <= most).then_some(()).ok_or_else(|| Failure::new(ErrorStatus::PAYLOAD_TOO_LARGE, reason()))
    }

    /// Makes sure that one more fits.
    fn make_room(&self, kept: &mut Kept, endpoint: &EndpointId) -> Result<(), Failure> {
        let Settings { commands, per_endpoint, .. } = self.limits;
        if kept.by_age.len() >= commands {
            return Err(Failure::unavailable(format!(
                "there are {commands} commands already; try again later"
            )));
        }
        let entries = kept.endpoints.get_mut(endpoint).filter(|entries| entries.len() >= per_endpoint);
        let Some(entries) = entries else { return Ok(()) };
        let oldest_done = entries.iter().position(|entry| entry.done.borrow().is_some());
        let Some(entry) = oldest_done.and_then(|at| entries.remove(at)) else {
            let reason = format!("{per_endpoint} commands wait for this endpoint already; try again later");
            return Err(Failure::new(ErrorStatus::TOO_MANY_REQUESTS, reason));
        };
        kept.by_age.remove(&entry.serial);
        Ok(())
    }

    /// Those whose time is not over.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget_older_than(self.limits.ttl);
        kept
    }
}

impl Kept {
    /// Each command is forgotten once, so this is one step for each that is given.
    fn forget_older_than(&mut self, ttl: Duration) {
        while let Some(oldest) = self.by_age.first_entry()
            && oldest.get().0.elapsed() >= ttl
        {
            let (_, endpoint) = oldest.remove();
            if let Some(entries) = self.endpoints.get_mut(&endpoint) {
                entries.pop_front();
                if entries.is_empty() {
                    self.endpoints.remove(&endpoint);
                }
            }
        }
    }

    fn keep(&mut self, endpoint: &EndpointId, entry: Entry) {
        self.given += 1;
        self.by_age.insert(entry.serial, (Instant::now(), endpoint.clone()));
        self.endpoints.entry(endpoint.clone()).or_default().push_back(entry);
    }

    fn find(&self, endpoint: &EndpointId, of: &CommandType, id: i32) -> Option<&Entry> {
        let mut entries = self.endpoints.get(endpoint)?.iter();
        entries.find(|entry| entry.command.id == id && entry.command_type == *of)
    }

    /// A number that no command of the endpoint has. Random, so that what a device says of a command of a
    /// replica that died is about no other one.
    fn new_id(&self, endpoint: &EndpointId) -> i32 {
        let is_taken =
            |id| self.endpoints.get(endpoint).into_iter().flatten().any(|entry| entry.command.id == id);
        loop {
            let id = i32::try_from(RandomState::new().hash_one(self.given) >> 33).unwrap_or_default();
            if !is_taken(id) {
                return id;
            }
        }
    }
}
