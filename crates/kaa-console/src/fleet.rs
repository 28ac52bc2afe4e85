//! The services on the bus, as they say themselves.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kaa_tap::{Said, Verb};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use crate::exchange::cut_to;
use crate::limits::{FUNCTIONS, GONE, REPLICAS, SILENT, WORDS};
use crate::stages::Handled;

/// All replicas that were heard of, by service and ID.
#[derive(Debug, Default)]
pub(crate) struct Fleet(BTreeMap<(String, String), Replica>);

#[derive(Debug)]
struct Replica {
    version: String,
    started: String,
    heard: Instant,
    /// When its last figures came.
    counted: Option<Instant>,
    waiting: u64,
    pinned: u64,
    resources: Vec<Resource>,
    /// What it says of its functions, by their names.
    described: HashMap<String, Described>,
    /// Whether it has said that since it was started.
    is_described: bool,
    /// The number of the last message that it told of.
    last: u64,
}

#[derive(Debug, Clone, Default)]
struct Described {
    kind: String,
    handles: String,
    doc: String,
}

/// A replica as the page shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Service<'a> {
    name: &'a str,
    replica: &'a str,
    version: &'a str,
    health: &'static str,
    started: &'a str,
    waiting: u64,
    pinned: u64,
    resources: &'a [Resource],
}

/// A function as the page shows it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    name: String,
    kind: String,
    handles: String,
    doc: String,
    requests: u64,
    errors: u64,
    rate: f64,
    p50: Option<u64>,
    p99: Option<u64>,
    last_error: Option<String>,
}

impl Fleet {
    /// Takes note of what a service says.
    pub(crate) fn hear(&mut self, said: &Said, now: Instant) {
        let key = (said.name.clone(), said.id.clone());
        if !self.0.contains_key(&key) && self.0.len() >= REPLICAS {
            return;
        }
        let replica = self.0.entry(key).or_insert_with(|| Replica::new(now));
        replica.heard = now;
        match said.verb {
            Verb::Stats => replica.count(&said.answer, now),
            Verb::Info => {
                replica.described = described(&said.answer);
                replica.is_described = true;
                replica.describe();
            }
            Verb::Recent => {
                let number = |key: &str| said.answer.get(key).and_then(Value::as_u64).unwrap_or_default();
                replica.waiting = number("waiting");
                replica.pinned = number("pinned");
            }
            Verb::Describe | Verb::Ping => {}
        }
    }

    /// Whether somebody has not said yet what its functions are.
    pub(crate) fn is_to_be_described(&self) -> bool {
        self.0.is_empty() || self.0.values().any(|replica| !replica.is_described)
    }

    /// What it says of messages that it has not told of before.
    pub(crate) fn handled(&mut self, said: &Said) -> Vec<Handled> {
        let key = (said.name.clone(), said.id.clone());
        let Some(replica) = self.0.get_mut(&key) else { return Vec::new() };
        let messages = said.answer.get("messages").and_then(Value::as_array);
        let read = |message: &Value| Handled::deserialize(message).ok();
        let mut handled: Vec<_> = messages.into_iter().flatten().filter_map(read).collect();
        let newest = handled.iter().map(|handled| handled.n).max();
        // One that was started anew counts from the beginning.
        let since = if newest.is_some_and(|newest| newest < replica.last) { 0 } else { replica.last };
        replica.last = newest.unwrap_or(replica.last);
        handled.retain(|handled| handled.n > since);
        handled
    }

    /// Forgets those that are gone.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.0.retain(|_, replica| now.saturating_duration_since(replica.heard) < GONE);
    }

    /// All of them.
    pub(crate) fn services(&self, now: Instant) -> Vec<Service<'_>> {
        let services = self.0.iter().map(|(key, replica)| {
            let is_silent = now.saturating_duration_since(replica.heard) > SILENT;
            Service {
                name: &key.0,
                replica: &key.1,
                version: &replica.version,
                health: if is_silent { "silent" } else { "ready" },
                started: &replica.started,
                waiting: replica.waiting,
                pinned: replica.pinned,
                resources: &replica.resources,
            }
        });
        services.collect()
    }
}

impl Replica {
    fn new(now: Instant) -> Self {
        Self {
            version: String::new(),
            started: String::new(),
            heard: now,
            counted: None,
            waiting: 0,
            pinned: 0,
            resources: Vec::new(),
            described: HashMap::new(),
            is_described: false,
            last: 0,
        }
    }

    /// Takes over the figures of its functions.
    fn count(&mut self, stats: &Value, now: Instant) {
        self.version = text(stats, "version");
        let started = text(stats, "started");
        if started != self.started {
            // Another process under the same name, which may have other functions.
            self.is_described &= self.started.is_empty();
            self.started = started;
        }
        let since = self.counted.replace(now).map(|before| now.saturating_duration_since(before));
        let endpoints = stats.get("endpoints").and_then(Value::as_array).into_iter().flatten();
        let resources = endpoints.take(FUNCTIONS).map(|endpoint| {
            let name = text(endpoint, "name");
            let number = |key: &str| endpoint.get(key).and_then(Value::as_u64).unwrap_or_default();
            let micros = |key: &str| endpoint.get("data")?.get(key)?.as_u64();
            let requests = number("num_requests");
            let before = self.resources.iter().find(|resource| resource.name == name);
            let rate = before.zip(since).map(|(before, since)| rate(before.requests, requests, since));
            Resource {
                requests,
                errors: number("num_errors"),
                rate: rate.unwrap_or_default(),
                p50: micros("p50_us"),
                p99: micros("p99_us"),
                last_error: Some(text(endpoint, "last_error")).filter(|error| !error.is_empty()),
                name,
                ..Resource::default()
            }
        });
        self.resources = resources.collect();
        self.describe();
    }

    /// Adds to its functions what they are, as far as it has said that.
    fn describe(&mut self) {
        for resource in &mut self.resources {
            if let Some(Described { kind, handles, doc }) = self.described.get(&resource.name).cloned() {
                (resource.kind, resource.handles, resource.doc) = (kind, handles, doc);
            }
        }
    }
}

fn rate(before: u64, now: u64, since: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a rate need not be exact")]
    let more = now.saturating_sub(before) as f64;
    let seconds = since.as_secs_f64();
    if seconds > 0.0 { (more / seconds * 10.0).round() / 10.0 } else { 0.0 }
}

/// What the functions of a service are.
fn described(info: &Value) -> HashMap<String, Described> {
    let endpoints = info.get("endpoints").and_then(Value::as_array).into_iter().flatten();
    let described = endpoints.take(FUNCTIONS).map(|endpoint| {
        let metadata = |key: &str| endpoint.get("metadata").map(|all| text(all, key)).unwrap_or_default();
        let path = metadata("path");
        let handles = if path.is_empty() { metadata("record") } else { path };
        let described = Described { kind: metadata("kind"), handles, doc: metadata("summary") };
        (text(endpoint, "name"), described)
    });
    described.collect()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).map(|text| cut_to(text, WORDS)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(verb: Verb, answer: Value) -> Said {
        Said { verb, name: "dcx".to_owned(), id: "dcx-0".to_owned(), answer }
    }

    fn stats(started: &str, function: &str) -> Said {
        said(Verb::Stats, json!({ "started": started, "endpoints": [{ "name": function }] }))
    }

    fn info(function: &str) -> Said {
        let metadata = json!({ "kind": "resource", "path": format!("/{function}") });
        said(Verb::Info, json!({ "endpoints": [{ "name": function, "metadata": metadata }] }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_replica_is_described_once_and_again_when_it_was_started_anew() {
        let (mut fleet, now) = (Fleet::default(), Instant::now());
        let handles = |fleet: &Fleet| fleet.services(now)[0].resources[0].handles.clone();
        assert!(fleet.is_to_be_described());
        // Whichever is told first.
        fleet.hear(&info("json"), now);
        fleet.hear(&stats("monday", "json"), now);
        assert_eq!((fleet.is_to_be_described(), &*handles(&fleet)), (false, "/json"));
        fleet.hear(&stats("tuesday", "plain"), now);
        assert_eq!((fleet.is_to_be_described(), &*handles(&fleet)), (true, ""));
        fleet.hear(&info("plain"), now);
        fleet.hear(&stats("tuesday", "plain"), now);
        assert_eq!((fleet.is_to_be_described(), &*handles(&fleet)), (false, "/plain"));
    }
}
