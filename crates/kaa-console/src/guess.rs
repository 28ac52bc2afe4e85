//! What a message may be, before it is decoded.

use kaa_protocol::avro::Record;
use kaa_protocol::esp::ExtensionData;
use kaa_tap::wire::{Place, Role, Spec};
use kaa_tap::{Exchanges, Taken};

/// What it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// It begins something: a request, an event, a push.
    Begins,
    /// It may answer something that is open.
    Answers,
    /// It answers nothing that is open.
    Unasked,
    /// Only its content tells.
    Either,
}

impl Guess {
    /// By its subject; of the most frequent answers, by one look inside, which copies nothing.
    pub(crate) fn of(taken: &Taken, exchanges: &Exchanges) -> Self {
        let subject = &*taken.message.subject;
        if subject.ends_with(b".esp.ClientData") || subject.starts_with(b"kaa.v1.events.") {
            return Self::Begins;
        }
        if subject.ends_with(b".esp.ExtensionData") {
            let Ok(decoded) = ExtensionData::decode(&taken.message.payload) else { return Self::Begins };
            let ExtensionData { request_id, correlation_id, .. } = decoded.record;
            return match request_id {
                None => Self::Begins,
                Some(_) if exchanges.is_open("4/ESP", correlation_id) => Self::Answers,
                Some(_) => Self::Unasked,
            };
        }
        let specs = Place::of(&String::from_utf8_lossy(subject)).specs();
        let answers = specs.iter().filter(|spec| is_answer(spec)).count();
        match answers {
            0 => Self::Begins,
            answers if answers < specs.len() => Self::Either,
            _ if exchanges.is_empty() => Self::Unasked,
            _ => Self::Answers,
        }
    }
}

pub(crate) fn is_answer(spec: &Spec) -> bool {
    matches!(spec.role, Role::Response | Role::Receipt)
}
