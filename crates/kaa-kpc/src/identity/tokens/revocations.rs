//! Tokens that are not valid any more.

use std::collections::HashMap;
use std::sync::Arc;

use bytestring::ByteString;
use kaa_bus::{Connection, Events};
use kaa_protocol::ecap::EndpointTokenRevokedEvent;
use tokio::sync::{mpsc, watch};

use super::memory::names;
use super::provider::Shared;
use super::{Found, Verdict};
use crate::identity::Revocation;

/// The most IDs of tokens that wait to be handed on. Beyond them, events wait where they come in.
const WAITING: usize = 65_536;

/// Hears what is revoked, until the bus is closed.
pub(super) async fn listen(
    shared: Arc<Shared>,
    mut events: Events<EndpointTokenRevokedEvent>,
    mut connection: watch::Receiver<Connection>,
    revoked: mpsc::Sender<Revocation>,
) {
    let mut ids = Vec::new();
    loop {
        tokio::select! {
            event = events.next(), if ids.len() < WAITING => match event {
                Some(Ok(event)) => {
                    shared.revoke(&event);
                    ids.extend(event.token_ids.iter().map(ByteString::from));
                }
                // It may be about any of them.
                Some(Err(error)) => shared.misunderstand(&error),
                None => break,
            },
            // Whoever ends sessions may be slow, and tokens are forgotten all the same.
            room = revoked.reserve(), if !ids.is_empty() => match room {
                Ok(room) => room.send(Revocation::Tokens(std::mem::take(&mut ids))),
                Err(_) => ids.clear(),
            },
            changed = connection.changed() => {
                if changed.is_err() {
                    break;
                }
                // Nobody told what was revoked meanwhile.
                if *connection.borrow_and_update() == Connection::Connected {
                    shared.forget_all();
                }
            }
        }
    }
}

/// What was revoked while tokens are being looked up: an answer that was given before must not count.
#[derive(Default)]
pub(super) struct Recent {
    now: Moment,
    names: HashMap<ByteString, Moment>,
    /// What was revoked up to then is not known in full.
    gap: Moment,
}

/// A moment between revocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment(u64);

impl Recent {
    /// The most names that are remembered. Beyond them, all that is being looked up is asked again.
    const NAMES: usize = 16_384;

    pub(super) fn now(&self) -> Moment {
        self.now
    }

    /// An endpoint or a token is revoked.
    pub(super) fn note(&mut self, name: &str) {
        if self.names.len() >= Self::NAMES {
            return self.lose_track();
        }
        self.now.0 += 1;
        self.names.insert(name.into(), self.now);
    }

    /// Anything may have been revoked.
    pub(super) fn lose_track(&mut self) {
        self.now.0 += 1;
        self.gap = self.now;
        self.names.clear();
    }

    /// Nobody looks anything up.
    pub(super) fn rest(&mut self) {
        self.names.clear();
    }

    /// Whether what was asked at that moment may have been revoked since.
    pub(super) fn concern(&self, asked: Moment, verdict: &Verdict) -> bool {
        let is_revoked = |found: &Found| {
            names(found).any(|name| self.names.get(&name).is_some_and(|revoked| *revoked > asked))
        };
        verdict.as_ref().is_ok_and(|found| self.gap > asked || is_revoked(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(token_id: &'static str) -> Verdict {
        Ok(Found { endpoint_id: "ep-1".parse().unwrap(), token_id: Some(token_id.into()) })
    }

    #[test]
    fn only_what_is_revoked_after_the_question_concerns_its_answer() {
        let mut recent = Recent::default();
        let before = recent.now();
        recent.note("id-1");
        let after = recent.now();
        assert!(recent.concern(before, &found("id-1")));
        assert!(!recent.concern(after, &found("id-1")));
        assert!(!recent.concern(before, &found("id-2")));
        recent.note("ep-1");
        assert!(recent.concern(after, &found("id-2")));
    }

    #[test]
    fn after_a_gap_every_answer_to_a_question_before_it_is_in_doubt() {
        let mut recent = Recent::default();
        let before = recent.now();
        recent.lose_track();
        assert!(recent.concern(before, &found("id-1")));
        assert!(!recent.concern(recent.now(), &found("id-1")));
    }

    #[test]
    fn more_names_than_are_remembered_are_a_gap() {
        let mut recent = Recent::default();
        let before = recent.now();
        for number in 0..Recent::NAMES {
            recent.note(&number.to_string());
        }
        assert!(!recent.concern(before, &found("id-1")));
        assert_eq!(recent.names.len(), Recent::NAMES);
        recent.note("id-2");
        assert!(recent.concern(before, &found("id-1")));
        assert_eq!(recent.names.len(), 0);
    }
}
