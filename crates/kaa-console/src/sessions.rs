//! Endpoints that are pinned to a replica, as far as that was seen.

use std::collections::VecDeque;

use serde::Serialize;

use crate::limits::SESSIONS;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pinned {
    pub(crate) endpoint: String,
    pub(crate) service: String,
    pub(crate) replica: String,
    /// When that was seen first, in Unix milliseconds.
    pub(crate) since: u64,
}

/// Those that are known, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    pinned: VecDeque<Pinned>,
    is_changed: bool,
}

impl Sessions {
    /// An answer names the replica to which the next request is to go.
    pub(crate) fn pin(&mut self, pinned: Pinned) {
        let same = |known: &Pinned| known.endpoint == pinned.endpoint && known.service == pinned.service;
        if let Some(known) = self.pinned.iter_mut().find(|known| same(known)) {
            if known.replica != pinned.replica {
                *known = pinned;
                self.is_changed = true;
            }
            return;
        }
        self.pinned.truncate(SESSIONS - 1);
        self.pinned.push_front(pinned);
        self.is_changed = true;
    }

    /// An answer names none: the session is not pinned any more.
    pub(crate) fn unpin(&mut self, endpoint: &str, service: &str) {
        self.keep(|pinned| pinned.endpoint != endpoint || pinned.service != service);
    }

    /// These endpoints are gone, and all of their sessions.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.keep(|pinned| !is_gone(&pinned.endpoint));
    }

    fn keep(&mut self, keep: impl Fn(&Pinned) -> bool) {
        let before = self.pinned.len();
        self.pinned.retain(keep);
        self.is_changed |= self.pinned.len() != before;
    }

    /// All of them, if something has changed since somebody asked.
    pub(crate) fn changed(&mut self) -> Option<&VecDeque<Pinned>> {
        std::mem::take(&mut self.is_changed).then_some(&self.pinned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(endpoint: usize, replica: &str) -> Pinned {
        Pinned {
            endpoint: format!("e{endpoint}"),
            service: "dcx".to_owned(),
            replica: replica.to_owned(),
            since: 1,
        }
    }

    #[test]
    fn they_are_told_when_they_change_and_not_again() {
        let mut sessions = Sessions::default();
        assert!(sessions.changed().is_none());
        sessions.pin(pinned(1, "dcx-0"));
        assert_eq!(sessions.changed().unwrap().len(), 1);
        sessions.pin(pinned(1, "dcx-0"));
        assert!(sessions.changed().is_none());
        sessions.pin(pinned(1, "dcx-1"));
        assert_eq!(sessions.changed().unwrap()[0].replica, "dcx-1");
        sessions.unpin("e1", "cmx");
        assert!(sessions.changed().is_none());
        sessions.unpin("e1", "dcx");
        assert!(sessions.changed().unwrap().is_empty());
    }

    #[test]
    fn of_too_many_the_latest_are_known() {
        let mut sessions = Sessions::default();
        for endpoint in 0..1_000 {
            sessions.pin(pinned(endpoint, "dcx-0"));
        }
        let known = sessions.changed().unwrap();
        assert_eq!((known.len(), &*known[0].endpoint), (200, "e999"));
        sessions.forget(|endpoint| ["e999", "e998", "e1"].contains(&endpoint));
        assert_eq!(sessions.changed().unwrap().len(), 198);
    }
}
