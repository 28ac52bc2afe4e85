//! What the service API answers.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use kaa_bus::micro::{Verb, name as proper};
use kaa_protocol::name::ReplicaId;
use serde_json::{Map, Value, json};

use crate::describe::{Description, Function, Taken, object, summary};
use crate::figures::{Figures, FunctionFigures, is_error, quantile};

/// What there is to say. What does not change is put together once.
pub(super) struct Answers {
    ping: Bytes,
    info: Bytes,
    /// The statistics without the endpoints.
    stats: Map<String, Value>,
    /// Each endpoint without its figures.
    endpoints: Vec<Map<String, Value>>,
    figures: Arc<Figures>,
    /// Who says it, where that is all.
    identity: Map<String, Value>,
    description: Arc<Description>,
}

impl Answers {
    pub(super) fn new(
        replica: &ReplicaId,
        description: &Arc<Description>,
        figures: Arc<Figures>,
        started: SystemTime,
    ) -> Self {
        let identity = |verb: Verb| {
            object(json!({
                "type": verb.response(),
                "name": proper(description.instance.as_str()),
                "id": proper(replica.as_str()),
                "version": description.version,
                "metadata": {},
            }))
        };
        let mut names = Taken::default();
        let endpoints: Vec<_> =
            description.functions.iter().map(|function| endpoint(&mut names, function)).collect();
        let mut info = identity(Verb::Info);
        info.insert("description".to_owned(), format!("Kaa extension {}", description.instance).into());
        let described = endpoints.iter().zip(&description.functions).map(|(endpoint, function)| {
            let mut endpoint = endpoint.clone();
            endpoint.insert("metadata".to_owned(), metadata(function).into());
            Value::from(endpoint)
        });
        info.insert("endpoints".to_owned(), described.collect());
        let mut stats = identity(Verb::Stats);
        stats.insert("started".to_owned(), rfc3339(started).into());
        Self {
            ping: Value::from(identity(Verb::Ping)).to_string().into(),
            info: Value::from(info).to_string().into(),
            stats,
            endpoints,
            figures,
            identity: identity(Verb::Ping),
            description: description.clone(),
        }
    }

    pub(super) fn to(&self, verb: Verb) -> Bytes {
        match verb {
            Verb::Ping => self.ping.clone(),
            Verb::Info => self.info.clone(),
            Verb::Stats => self.stats(),
            Verb::Describe => self.ours(Verb::Describe, json!({ "description": &*self.description })),
            Verb::Recent => self.recent(),
        }
    }

    /// From now on the last messages are kept, or not any more.
    pub(super) fn keep_recent(&self, is_wanted: bool) {
        self.figures.recent.want(is_wanted);
    }

    fn recent(&self) -> Bytes {
        let Figures { waiting, pinned, recent, .. } = &*self.figures;
        let (waiting, pinned) = (waiting.load(Relaxed), pinned.load(Relaxed));
        self.ours(Verb::Recent, json!({ "waiting": waiting, "pinned": pinned, "messages": recent.tell() }))
    }

    /// An answer to a question that the service API does not have.
    fn ours(&self, verb: Verb, more: Value) -> Bytes {
        let mut answer = self.identity.clone();
        answer.insert("type".to_owned(), verb.response().into());
        answer.append(&mut object(more));
        Value::from(answer).to_string().into()
    }

    fn stats(&self) -> Bytes {
        let endpoints = self.endpoints.iter().zip(self.figures.functions()).map(|(endpoint, figures)| {
            let mut endpoint = endpoint.clone();
            endpoint.append(&mut measured(figures));
            Value::from(endpoint)
        });
        let mut stats = self.stats.clone();
        stats.insert("endpoints".to_owned(), endpoints.collect());
        Value::from(stats).to_string().into()
    }
}

fn endpoint(names: &mut Taken, function: &Function) -> Map<String, Value> {
    let channel = function.channels.first();
    object(json!({
        "name": names.free(&proper(function.name)),
        "subject": channel.map_or("", |channel| &channel.subject),
        "queue_group": channel.and_then(|channel| channel.queue_group.as_ref()).map_or("", |group| group.as_str()),
    }))
}

/// What the API has no place for. All values are texts.
fn metadata(function: &Function) -> Map<String, Value> {
    let mut metadata = object(json!({ "kind": function.kind, "summary": summary(function.doc) }));
    if let Some(path) = function.path {
        metadata.insert("path".to_owned(), path.into());
    }
    if let Some(channel) = function.channels.first() {
        metadata.insert("record".to_owned(), channel.envelope.name.into());
    }
    let others: Vec<_> = function.channels.iter().skip(1).map(|channel| &*channel.subject).collect();
    if !others.is_empty() {
        metadata.insert("also_on".to_owned(), others.join(" ").into());
    }
    metadata
}

fn measured(figures: &FunctionFigures) -> Map<String, Value> {
    let ended = figures.ended();
    let requests: u64 = ended.iter().sum();
    let errors: u64 =
        ended.iter().enumerate().filter(|(slot, _)| is_error(*slot)).map(|(_, count)| count).sum();
    let last_error = figures
        .last_error()
        .map(|status| format!("{}:{}", status.as_u16(), status.canonical_reason().unwrap_or_default()));
    let took = nanoseconds(figures, requests);
    let [p50, p99] = [0.5, 0.99].map(|share| micros(figures, requests, share));
    object(json!({
        "data": { "p50_us": p50, "p99_us": p99 },
        "num_requests": requests,
        "num_errors": errors,
        "last_error": last_error.unwrap_or_default(),
        "processing_time": took,
        "average_processing_time": took.checked_div(requests).unwrap_or_default(),
    }))
}

/// How long its handlers took together. Of those that were done at once only some are timed; they stand for the others.
fn nanoseconds(figures: &FunctionFigures, requests: u64) -> u64 {
    let (waited, sampled) = (figures.waited.snapshot(), figures.at_once.snapshot());
    let each = sampled.nanoseconds().checked_div(sampled.count()).unwrap_or_default();
    let at_once = requests.saturating_sub(waited.count());
    waited.nanoseconds().saturating_add(each.saturating_mul(at_once))
}

/// How long its handlers took at most in this share of all cases, in microseconds.
fn micros(figures: &FunctionFigures, requests: u64, share: f64) -> Option<u64> {
    let (waited, sampled) = (figures.waited.snapshot(), figures.at_once.snapshot());
    let at_once = requests.saturating_sub(waited.count());
    #[allow(clippy::cast_precision_loss, reason = "a sample is not precise")]
    let stands_for = at_once as f64 / sampled.count().max(1) as f64;
    quantile(&[(&waited, 1.0), (&sampled, stands_for)], share)
}

/// The last second that has four digits for its year.
const LAST: Duration = Duration::from_secs(253_402_300_799);

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time.clamp(UNIX_EPOCH, UNIX_EPOCH + LAST)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_can_be_told() {
        let early = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(rfc3339(early), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(UNIX_EPOCH + LAST + LAST), "9999-12-31T23:59:59Z");
    }
}
