//! One message, as far as it can be understood.

use std::time::SystemTime;

use bytes::Bytes;
use kaa_ext::bus::Message;
use kaa_ext::protocol::ecs2ext;

use super::exchange::Answered;
use crate::wire::{Decoded, Place, Role, Spec, Undecoded, decode};

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Its number since the command was started, from 1.
    pub(crate) n: u64,
    pub(crate) time: SystemTime,
    pub(crate) subject: String,
    pub(crate) reply_to: Option<String>,
    pub(crate) place: Place,
    pub(crate) datum: Bytes,
    pub(crate) content: Result<Decoded, Undecoded>,
    /// What it answers.
    pub(crate) answers: Option<Answered>,
}

/// How something went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: i64,
    pub(crate) reason: Option<String>,
    pub(crate) is_error: bool,
}

impl Seen {
    /// Decodes a message; `asked` is what an answer at an inbox may be, where the subject does not tell.
    pub(crate) fn new(n: u64, time: SystemTime, message: &Message, asked: Option<&'static Spec>) -> Self {
        let subject = String::from_utf8_lossy(&message.subject).into_owned();
        let place = Place::of(&subject);
        let mut specs = place.specs();
        specs.extend(asked.filter(|_| specs.is_empty()));
        // The payload is a slice of a large buffer, which should not stay for it.
        let datum = Bytes::copy_from_slice(&message.payload);
        let content = decode(&specs, &datum);
        let reply_to = message.reply_to.as_ref().map(|reply| String::from_utf8_lossy(reply).into_owned());
        Self { n, time, subject, reply_to, place, datum, content, answers: None }
    }

    pub(crate) fn decoded(&self) -> Option<&Decoded> {
        self.content.as_ref().ok()
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.decoded()?.text(field)
    }

    /// How what it answers went.
    pub(crate) fn status(&self) -> Option<Status> {
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
    pub(crate) fn wants_answer(&self) -> bool {
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
