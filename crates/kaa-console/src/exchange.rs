//! One request and what became of it, as the page has it.

use std::time::{SystemTime, UNIX_EPOCH};

use kaa_bus::Subject;
use kaa_protocol::esp;
use kaa_protocol::subject::TargetedSubject;
use kaa_tap::call::Asker;
use kaa_tap::wire::{Decoded, Place, Role, to_json};
use kaa_tap::{Said, Seen};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::limits::{HANDLERS, PAYLOAD, TEXT};
use crate::payload::Payload;
use crate::stages::{Handled, Handler};

/// What kind of conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A device asks.
    Request,
    /// A device is told something it has not asked for.
    Push,
    /// A service announces something.
    Event,
    /// A service asks another one.
    Targeted,
}

/// A message that others may answer, with its answer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exchange {
    pub(crate) id: u64,
    kind: Kind,
    /// When it was seen, in Unix milliseconds.
    at: u64,
    pub(crate) correlation_id: String,
    pub(crate) service: Option<String>,
    application: Option<String>,
    pub(crate) endpoint: Option<String>,
    resource: Option<String>,
    communication_service: Option<String>,
    /// What asked instead of a device through a communication service.
    asker: Option<&'static str>,
    pub(crate) replica: Option<String>,
    subject: String,
    protocol: String,
    record: String,
    status: Option<i64>,
    reason: Option<String>,
    pub(crate) unanswered: bool,
    request: Message,
    answer: Option<Answer>,
    /// How long after it its answer was seen, in microseconds.
    pub(crate) took: Option<u64>,
    /// Who has handled it: one, or of an event, all that listen.
    handlers: Vec<Handler>,
    /// When it was seen, in Unix microseconds.
    #[serde(skip)]
    seen: u64,
}

/// What a message says.
#[derive(Debug, Clone, Serialize)]
struct Message {
    fields: Box<RawValue>,
    payload: Option<Payload>,
    bytes: usize,
}

/// What came back.
#[derive(Debug, Clone, Serialize)]
struct Answer {
    subject: String,
    record: String,
    #[serde(flatten)]
    message: Message,
}

impl Exchange {
    /// The beginning of one.
    pub(crate) fn of(seen: &Seen) -> Self {
        let text = |field: &str| seen.text(field).map(|text| cut(text).to_owned());
        let decoded = seen.decoded();
        let kind = kind(seen);
        let status = seen.status().filter(|_| kind == Kind::Push);
        let return_path = match kind {
            Kind::Push => Some(seen.place.clone()),
            _ => seen.reply_to.as_deref().map(Place::of),
        };
        let communication = return_path.filter(|_| matches!(kind, Kind::Request | Kind::Push));
        let communication = communication.as_ref().and_then(|place| place.replica().or(place.service()));
        let (service, replica) = match kind {
            Kind::Push => (text("extensionInstanceName"), None),
            _ => (seen.place.service().map(owned), seen.place.replica().map(owned)),
        };
        let correlation_id = text("correlationId").unwrap_or_default();
        let asker = Asker::of(&correlation_id).filter(|_| kind == Kind::Request);
        let endpoint = text("endpointId").or_else(|| decoded.and_then(only_endpoint));
        let seen_at = micros(seen.time);
        Self {
            id: seen.n,
            kind,
            at: seen_at / 1_000,
            correlation_id,
            service,
            application: text("appVersionName"),
            endpoint,
            resource: text("resourcePath").or_else(|| text("path")),
            communication_service: communication.map(owned),
            asker: asker.map(Asker::title),
            replica,
            subject: owned(&seen.subject),
            protocol: decoded.map(|decoded| decoded.info.protocol.to_owned()).unwrap_or_default(),
            record: record(seen),
            status: status.as_ref().map(|status| status.code),
            reason: status.and_then(|status| status.reason).map(|reason| owned(&reason)),
            unanswered: false,
            request: Message::of(seen),
            answer: None,
            took: None,
            handlers: Vec::new(),
            seen: seen_at,
        }
    }

    /// Its answer has come. Of an event that several confirm, the last one is shown.
    pub(crate) fn answer(&mut self, seen: &Seen) {
        if let Some(status) = seen.status() {
            self.status = Some(status.code);
            self.reason = status.reason.map(|reason| owned(&reason));
        }
        self.unanswered = false;
        self.took = Some(micros(seen.time).saturating_sub(self.seen));
        self.answer =
            Some(Answer { subject: owned(&seen.subject), record: record(seen), message: Message::of(seen) });
    }

    /// Whether it may be what a replica says it has handled: a correlation ID goes from one service to another, and along
    /// with what they announce.
    pub(crate) fn may_be(&self, said: &Said, handled: &Handled) -> bool {
        let is_for =
            |of: &Option<String>, name: &str| of.as_deref().is_none_or(|of| kaa_bus::micro::name(of) == name);
        let is_free =
            self.handlers.is_empty() && is_for(&self.service, &said.name) && is_for(&self.replica, &said.id);
        let is_of_record = handled.record.as_deref() == Some(&*self.record);
        match self.kind {
            Kind::Request => is_free && handled.record.is_none(),
            Kind::Targeted => is_free && is_of_record,
            Kind::Event => {
                let is_it = |known: &Handler| known.replica == said.id && known.function == handled.function;
                is_of_record && !self.handlers.iter().any(is_it)
            }
            // Of these, communication services say nothing.
            Kind::Push => false,
        }
    }

    /// A replica has handled it.
    pub(crate) fn handle(&mut self, said: &Said, handled: &Handled) {
        if self.handlers.len() >= HANDLERS {
            return;
        }
        // Others may have answered an event before.
        let is_event = self.kind == Kind::Event;
        let stages = handled.stages(self.seen, self.took.filter(|_| !is_event));
        self.handlers.push(Handler { replica: owned(&said.id), function: owned(&handled.function), stages });
        if !is_event {
            self.replica.get_or_insert_with(|| owned(&said.id));
        }
    }

    /// Whose session an answer to a device is of: the endpoint, the service, and when it was asked.
    pub(crate) fn session(&self, answer: &Seen) -> Option<(String, String, u64)> {
        let service = answer.text("extensionInstanceName").map(owned).or_else(|| self.service.clone())?;
        (self.kind == Kind::Request).then_some((self.endpoint.clone()?, service, self.at))
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, |answer| answer.message.size());
        1_024 + self.request.size() + answer + 512 * self.handlers.len()
    }
}

impl Message {
    fn of(seen: &Seen) -> Self {
        let bytes = seen.datum.len();
        match &seen.content {
            Ok(decoded) => {
                Self { fields: fields(decoded), payload: decoded.bytes("payload").map(Payload::new), bytes }
            }
            Err(error) => {
                let fields = Map::from_iter([("undecoded".to_owned(), cut(&error.to_string()).into())]);
                Self { fields: raw(&fields), payload: Some(Payload::new(&seen.datum)), bytes }
            }
        }
    }

    fn size(&self) -> usize {
        self.fields.get().len() + self.bytes.min(2 * PAYLOAD)
    }
}

/// The fields without the payload, each as far as it is shown.
fn fields(decoded: &Decoded) -> Box<RawValue> {
    let others = decoded.fields.iter().filter(|(name, _)| name != "payload");
    let shown = others.map(|(name, value)| {
        let value = to_json(value);
        let text = value.to_string();
        let shown = if text.len() > PAYLOAD {
            format!("{}… ({} bytes)", cut(&text), text.len()).into()
        } else {
            value
        };
        (name.clone(), shown)
    });
    raw(&shown.collect())
}

fn raw(fields: &Map<String, Value>) -> Box<RawValue> {
    // A map of values can always be written.
    to_raw_value(fields).unwrap_or_default()
}

fn kind(seen: &Seen) -> Kind {
    match (&seen.place, seen.decoded()) {
        (Place::Event(_), _) => Kind::Event,
        (_, Some(decoded)) if matches!(decoded.info.protocol, "4/ESP" | "4/ECS2EXT") => {
            if decoded.spec.role == Role::Response { Kind::Push } else { Kind::Request }
        }
        (Place::Targeted(subject), None) if subject.protocol == esp::PROTOCOL => {
            if subject.message == esp::EXTENSION_DATA { Kind::Push } else { Kind::Request }
        }
        (Place::Bare(_), None) => Kind::Request,
        _ => Kind::Targeted,
    }
}

/// The name of the record: what it is, or else what its subject says.
fn record(seen: &Seen) -> String {
    match (seen.decoded(), &seen.place) {
        (Some(decoded), _) => decoded.info.name.to_owned(),
        (None, Place::Targeted(TargetedSubject { message, .. })) => message.to_string(),
        (None, _) => String::new(),
    }
}

/// The endpoint of an event about one of many.
fn only_endpoint(decoded: &Decoded) -> Option<String> {
    let (_, value) = decoded.fields.iter().find(|(name, _)| name == "endpoints")?;
    match to_json(value) {
        Value::Object(endpoints) if endpoints.len() == 1 => endpoints.keys().next().map(|name| owned(name)),
        _ => None,
    }
}

/// As much of a text as is shown.
pub(crate) fn cut(text: &str) -> &str {
    cut_to(text, TEXT)
}

/// So many bytes of a text at most.
pub(crate) fn cut_to(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

fn owned(text: &str) -> String {
    cut(text).to_owned()
}

/// The replica that a return address names: the session is pinned to it.
pub(crate) fn replica_of(reply_to: &str) -> Option<String> {
    let subject = reply_to.parse::<Subject>().ok()?;
    Place::of(subject.as_str()).replica().map(owned)
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
