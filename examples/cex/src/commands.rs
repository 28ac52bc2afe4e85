//! The commands and what became of them: in memory, so many, for so long.

use std::collections::{HashMap, VecDeque};
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
    endpoints: Mutex<HashMap<EndpointId, VecDeque<Entry>>>,
}

struct Entry {
    command: Command,
    command_type: CommandType,
    given: Instant,
    done: watch::Sender<Option<Done>>,
}

impl Commands {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { limits: settings.clone(), endpoints: Mutex::default() }
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
        let mut endpoints = self.lock();
        if let Some(id) = id
            && let Some(entry) = self.find(&endpoints, endpoint, command_type, id)
        {
            let conflict = || format!("command {id} of this type is there, with another payload");
            let is_same = entry.command.payload == payload;
            return is_same
                .then(|| (id, entry.done.subscribe(), false))
                .ok_or_else(|| Failure::new(ErrorStatus::CONFLICT, conflict()));
        }
        self.make_room(&mut endpoints, endpoint)?;
        let entries = endpoints.entry(endpoint.clone()).or_default();
        let is_taken = |id| entries.iter().any(|entry| entry.command.id == id);
        let id = id.unwrap_or_else(|| {
            loop {
                // Random, so that what a device says of a command of a replica that died is about no other one.
                let id = i32::try_from(RandomState::new().hash_one(entries.len()) >> 33).unwrap_or_default();
                if !is_taken(id) {
                    break id;
                }
            }
        });
        let (done, pending) = watch::channel(None);
        let command = Command { id, command_type: None, payload };
        let command_type = command_type.clone();
        entries.push_back(Entry { command, command_type, given: Instant::now(), done });
        Ok((id, pending, true))
    }

    /// What an endpoint is to do, the oldest first; of every type, each with its type, or of one.
    pub(crate) fn outstanding(&self, endpoint: &EndpointId, of: Option<&CommandType>) -> Vec<Command> {
        let endpoints = self.lock();
        let entries = endpoints.get(endpoint).into_iter().flatten();
        let outstanding = entries.filter(|entry| {
            self.is_alive(entry)
                && entry.done.borrow().is_none()
                && of.is_none_or(|of| entry.command_type == *of)
        });
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
        let endpoints = self.lock();
        let mut unknown = Vec::new();
        for result in results {
            let Some(entry) = self.find(&endpoints, endpoint, command_type, result.id) else {
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
        Some(self.find(&self.lock(), endpoint, of, id)?.done.borrow().clone())
    }

    fn find<'a>(
        &self,
        endpoints: &'a HashMap<EndpointId, VecDeque<Entry>>,
        endpoint: &EndpointId,
        of: &CommandType,
        id: i32,
    ) -> Option<&'a Entry> {
        let mut entries = endpoints.get(endpoint)?.iter();
        entries.find(|entry| entry.command.id == id && entry.command_type == *of && self.is_alive(entry))
    }

    fn is_alive(&self, entry: &Entry) -> bool {
        entry.given.elapsed() < self.limits.ttl
    }

    fn check_size(&self, what: &str, size: usize) -> Result<(), Failure> {
        let most = self.limits.payload;
        let reason = || format!("{what} has {size} bytes; at most {most} are kept");
        (size <= most).then_some(()).ok_or_else(|| Failure::new(ErrorStatus::PAYLOAD_TOO_LARGE, reason()))
    }

    /// Makes sure that one more fits. Only now those whose time is over go: what nobody needs room for harms
    /// nobody.
    fn make_room(
        &self,
        endpoints: &mut HashMap<EndpointId, VecDeque<Entry>>,
        endpoint: &EndpointId,
    ) -> Result<(), Failure> {
        let Settings { commands, per_endpoint, .. } = self.limits;
        let is_full = endpoints.values().map(VecDeque::len).sum::<usize>() >= commands;
        if is_full {
            endpoints.retain(|_, entries| {
                entries.retain(|entry| self.is_alive(entry));
                !entries.is_empty()
            });
        }
        if endpoints.values().map(VecDeque::len).sum::<usize>() >= commands {
            return Err(Failure::unavailable(format!(
                "there are {commands} commands already; try again later"
            )));
        }
        let Some(entries) = endpoints.get_mut(endpoint) else { return Ok(()) };
        entries.retain(|entry| self.is_alive(entry));
        if entries.len() >= per_endpoint
            && let Some(oldest) = entries.iter().position(|entry| entry.done.borrow().is_some())
        {
            entries.remove(oldest);
        }
        let reason = || format!("{per_endpoint} commands wait for this endpoint already; try again later");
        let has_room = entries.len() < per_endpoint;
        has_room.then_some(()).ok_or_else(|| Failure::new(ErrorStatus::TOO_MANY_REQUESTS, reason()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EndpointId, VecDeque<Entry>>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
