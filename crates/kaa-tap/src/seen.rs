//! One message, as far as it can be understood.

use std::time::SystemTime;

use bytes::Bytes;
use kaa_bus::Message;
use kaa_bus::trace::{TraceContext, TraceParent};
use kaa_protocol::ecs2ext;

use crate::exchange::Answered;
use crate::wire::{Decoded, Place, Role, Spec, Undecoded, decode};

/// A message.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its number among all that were seen, from 1.
    pub n: u64,
    /// When it was taken, by the clock of this machine.
    pub time: SystemTime,
    /// Where it went.
    pub subject: String,
    /// Where its answer is to go.
    pub reply_to: Option<String>,
    /// The trace it belongs to.
    pub trace: Option<TraceParent>,
    /// What the subject says.
    pub place: Place,
    /// Its bytes.
    pub datum: Bytes,
    /// What it says, or why that is not known.
    pub content: Result<Decoded, Undecoded>,
    /// What it answers.
    pub answers: Option<Answered>,
}

/// How something went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The code; those of HTTP, in most protocols.
    pub code: i64,
    /// The reason that was given.
    pub reason: Option<String>,
    /// Whether it failed.
    pub is_error: bool,
}

impl Seen {
    /// Decodes a message; `asked` is what an answer at an inbox may be, where the subject does not tell.
    pub fn new(n: u64, time: SystemTime, message: &Message, asked: Option<&'static Spec>) -> Self {
        let subject = String::from_utf8_lossy(&message.subject).into_owned();
        let place = Place::of(&subject);
        let mut specs = place.specs();
        specs.extend(asked.filter(|_| specs.is_empty()));
        // The payload is a slice of a large buffer, which should not stay for it.
        let datum = Bytes::copy_from_slice(&message.payload);
        let content = decode(&specs, &datum);
        let reply_to = message.reply_to.as_ref().map(|reply| String::from_utf8_lossy(reply).into_owned());
        let trace = message.trace.as_ref().map(TraceContext::parent);
        Self { n, time, subject, reply_to, trace, place, datum, content, answers: None }
    }

    /// What it says, if that is known.
    pub fn decoded(&self) -> Option<&Decoded> {
        self.content.as_ref().ok()
    }

    /// A field that is text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.decoded()?.text(field)
    }

    /// How what it answers went.
    pub fn status(&self) -> Option<Status> {
        let decoded = self.decoded()?;
        if let Some(code) = decoded.number("statusCode") {
            // 5/CMX2CDP has three codes of its own, of which one is a failure.
            let is_error = if decoded.info.protocol == "5/CMX2CDP" { code == 1 } else { code >= 400 };
            let reason = decoded.text("reasonPhrase").map(str::to_owned);
            return Some(Status { code, reason, is_error });
        }
        let (code, reason) = ecs2ext::status_code(decoded.text("status")?);
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        Some(Status { code: code.into(), reason, is_error: code >= 400 })
    }

    /// Whether somebody is to answer.
    pub fn wants_answer(&self) -> bool {
        let Some(decoded) = self.decoded() else { return false };
        match (decoded.spec.role, decoded.info.protocol) {
            (Role::Request, "4/ESP") => decoded.number("requestId").is_some(),
            // A status message only confirms.
            (Role::Request, "4/ECS2EXT") => decoded.text("status").is_none(),
            (Role::Request, _) => true,
            // An event is confirmed when its sender says where.
            (Role::Event, _) => self.reply_to.is_some(),
            (Role::Response | Role::Receipt, _) => false,
        }
    }
}
