//! The requests of a device that wait for their answers (1/KP).

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use tokio::time::Instant;

use crate::APP_VERSION;

/// What a device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// To take so many samples (2/DCP).
    Samples(usize),
    /// For its configuration (7/CMP).
    Config,
    /// To note that it has applied one.
    Applied,
    /// For its commands (11/CEP).
    Commands,
    /// To note what came of one.
    Result,
    /// To note what it is (10/EPMP).
    Metadata,
    /// What time it is.
    Time,
    /// What became of an earlier request.
    Outcome(Earlier),
}

/// A request that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earlier {
    pub(super) extension: &'static str,
    pub(super) id: u32,
}

impl Question {
    /// The extension and the resource.
    pub(super) fn path(&self) -> (&'static str, Cow<'static, str>) {
        let (extension, resource) = match self {
            Self::Samples(_) => ("dcx", "/json"),
            Self::Config => ("cmx", "/config/json"),
            Self::Applied => ("cmx", "/applied/json"),
            Self::Commands => ("cex", "/command/blink"),
            Self::Result => ("cex", "/result/blink"),
            Self::Metadata => ("epmx", "/update/keys"),
            Self::Time => ("tsx", "/json"),
            Self::Outcome(earlier) => return ("rsx", format!("/{}", earlier.extension).into()),
        };
        (extension, resource.into())
    }
}

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    /// Its request ID.
    pub(super) id: u32,
    /// The same for people.
    pub(super) what: String,
    pub(super) since: Instant,
}

/// Of which kind an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Status,
    Error,
}

/// The requests without an answer, by their topics. There are as many as the communication service lets a
/// connection have, since it answers every one within its timeout.
#[derive(Debug)]
pub(super) struct Outstanding {
    token: &'static str,
    last_id: u32,
    asked: HashMap<String, Asked>,
}

impl Outstanding {
    pub(super) fn new(token: &'static str) -> Self {
        Self { token, last_id: 0, asked: HashMap::new() }
    }

    /// The topic of the next request, and its ID.
    pub(super) fn next(&mut self, question: &Question) -> (String, u32) {
        let id = match question {
            // Whoever asks about a request has its ID.
            Question::Outcome(earlier) => earlier.id,
            _ => {
                // Request IDs have 31 bits and may be used again.
                self.last_id = (self.last_id + 1) & 0x7fff_ffff;
                self.last_id
            }
        };
        (format!("{}/{id}", self.topic(question)), id)
    }

    /// The topic without a request ID. The clock serves clients rather than endpoints: its paths have no token.
    fn topic(&self, question: &Question) -> String {
        let (extension, resource) = question.path();
        match question {
            Question::Time => format!("kp1/{APP_VERSION}/{extension}{resource}"),
            _ => format!("kp1/{APP_VERSION}/{extension}/{}{resource}", self.token),
        }
    }

    pub(super) fn keep(&mut self, topic: String, asked: Asked) {
        self.asked.insert(topic, asked);
    }

    /// What a message answers, if it is an answer.
    pub(super) fn settle(&mut self, topic: &str) -> Option<(Answer, Asked)> {
        let of = |suffix, answer| topic.strip_suffix(suffix).map(|request| (request, answer));
        let (request, answer) = of("/status", Answer::Status).or_else(|| of("/error", Answer::Error))?;
        Some((answer, self.asked.remove(request)?))
    }

    /// Where a push comes from, for people, and whose answers look like it.
    pub(super) fn pushed(&self, topic: &str) -> (String, Option<Question>) {
        let known = [Question::Config, Question::Commands];
        let mut known = known.into_iter();
        match known.find(|question| topic.strip_suffix("/status") == Some(self.topic(question).as_str())) {
            Some(question) => {
                let (extension, resource) = question.path();
                (format!("{extension} {resource}"), Some(question))
            }
            None => (topic.to_owned(), None),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// Gives up on all of them.
    pub(super) fn drain(&mut self) -> Vec<(String, Asked)> {
        self.asked.drain().collect()
    }
}

/// An error as a device is told it: `{"statusCode":404,"reasonPhrase":"…"}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) reason: String,
}

impl Refusal {
    /// Reads one. What is none is told as it stands.
    pub(super) fn read(payload: &[u8]) -> Self {
        let told: Value = serde_json::from_slice(payload).unwrap_or_default();
        match (
            told.get("statusCode").and_then(Value::as_u64),
            told.get("reasonPhrase").and_then(Value::as_str),
        ) {
            (Some(code), Some(reason)) => Self { code: code.to_string(), reason: reason.to_owned() },
            _ => Self { code: "???".to_owned(), reason: String::from_utf8_lossy(payload).into_owned() },
        }
    }
}
