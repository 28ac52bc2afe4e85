//! Return paths that nobody listens to any more, and what was sent there.
//!
//! The server says that nobody listens for messages that carry a return address of ours, which are those
//! of pinned sessions. Others it drops without a word.
//!
//! A notice does not say which message it is about. But the server takes the messages of one connection in
//! turn, and each that found nobody is answered with a notice: so they were the last ones sent there, as
//! many as there are notices. How many that is shows when all notices are in:
//!
//! ```text
//! first notice         the path is failing: what is sent there now is held, and a note goes to ourselves
//! more notices         are counted
//! the note comes back  behind the last of them: so many messages are sent again, then those that were
//!                      held, in their order. The path is gone
//! a message            goes to the communication service as a whole
//! a request from there the path is back
//! ```
//!
//! So no message overtakes an earlier one to the same return path, and none is sent twice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaa_bus::NoResponders;
use kaa_protocol::subject::Subject;

use super::Addressed;
use super::kept::Kept;

/// What is known about the return paths of this replica's messages.
#[derive(Debug, Default)]
pub(super) struct ReturnPaths {
    known: Mutex<Known>,
    /// How many paths are failing or gone: mostly none, and then nobody has to look.
    failed: AtomicUsize,
    /// How many of them are failing.
    failing: AtomicUsize,
}

#[derive(Debug, Default)]
struct Known {
    kept: Kept,
    /// The return paths that nobody listens to; while notices come in, with what is known of them.
    failed: BTreeMap<Subject, Option<Failing>>,
}

#[derive(Debug)]
struct Failing {
    notices: usize,
    /// What is to be sent behind what has to be sent again, and its bytes.
    held: Vec<Addressed>,
    bytes: usize,
    /// Whether a request has come from there meanwhile.
    is_back: bool,
}

/// The most return paths remembered. Of one that is forgotten, the next message tells again.
const FAILED: usize = 1024;

/// The most messages held for one return path, and their bytes.
const HELD: usize = 1024;
const HELD_BYTES: usize = 4 << 20;

/// Where a message went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// Where it was to go, or nowhere yet.
    AsWished,
    /// To the communication service as a whole.
    ServiceWide,
}

/// What a notice asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unserved {
    /// Nothing: it is about no message that is known.
    Unknown,
    /// Nothing yet.
    Counted,
    /// A note to ourselves at `own`, which names the return path.
    First { return_path: Subject, own: Subject },
}

/// What publishes a message to a subject.
pub(super) type Publish<'a, E> = &'a dyn Fn(&Addressed, &Subject) -> Result<(), E>;

/// What became of the messages of a path whose notices are in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// How many were sent to the communication service as a whole.
    pub(super) sent: usize,
    /// How many were not: they are not kept any more, or could not be published.
    pub(super) lost: usize,
}

impl ReturnPaths {
    /// Publishes a message where somebody listens, or holds it until that is known.
    pub(super) fn send<E>(&self, message: &Addressed, publish: Publish<'_, E>) -> Result<Went, E> {
        let is_watched = message.pin.is_some() || self.have_failed();
        if !is_watched || message.subject == message.service_wide {
            return publish(message, &message.subject).map(|()| Went::AsWished);
        }
        // Published under the lock, so that messages are kept in the order in which the server gets them.
        let mut known = self.lock();
        let Known { kept, failed } = &mut *known;
        match failed.get_mut(&message.subject) {
            Some(Some(failing)) => {
                failing.bytes = failing.bytes.saturating_add(message.datum.len());
                failing.held.push(message.clone());
                Ok(Went::AsWished)
            }
            Some(None) => publish(message, &message.service_wide).map(|()| Went::ServiceWide),
            None if message.pin.is_none() => publish(message, &message.subject).map(|()| Went::AsWished),
            None => {
                kept.push(message.clone());
                publish(message, &message.subject).map(|()| Went::AsWished).inspect_err(|_| kept.pop())
            }
        }
    }

    /// Whether there are any that nobody listens to.
    pub(super) fn have_failed(&self) -> bool {
        self.failed.load(Relaxed) > 0
    }

    /// Counts a notice.
    pub(super) fn unserved(&self, notice: &NoResponders) -> Unserved {
        let mut known = self.lock();
        let Known { kept, failed } = &mut *known;
        let meant = kept.about(notice.subject.as_deref());
        let mut failing =
            failed.iter_mut().filter_map(|(return_path, failing)| Some((return_path, failing.as_mut()?)));
        let counted = match (&notice.subject, &meant) {
            (Some(_), _) => failing.find(|(return_path, _)| notice.is_about(return_path)),
            // An older server does not say. Then it counts where only one path can be meant.
            (None, Some((only, _))) => failing.find(|(return_path, _)| *return_path == only),
            (None, None) => None,
        };
        if let Some((_, failing)) = counted {
            failing.notices += 1;
            return Unserved::Counted;
        }
        let Some((return_path, own)) = meant else { return Unserved::Unknown };
        let gone = known.failed.iter().find(|(_, failing)| failing.is_none());
        if known.failed.len() >= FAILED
            && let Some(gone) = gone.map(|(gone, _)| gone.clone())
        {
            known.failed.remove(&gone);
        }
        let failing = Failing { notices: 1, held: Vec::new(), bytes: 0, is_back: false };
        known.failed.insert(return_path.clone(), Some(failing));
        self.count(&known);
        Unserved::First { return_path, own }
    }

    /// All notices about a return path are in: sends again what found nobody. `None` when the path is not
    /// failing.
    pub(super) fn settle<E>(&self, return_path: &Subject, publish: Publish<'_, E>) -> Option<Settled> {
        if self.failing.load(Relaxed) == 0 {
            return None;
        }
        let mut known = self.lock();
        let Known { kept, failed } = &mut *known;
        let Failing { notices, held, is_back, .. } = failed.get_mut(return_path)?.take()?;
        if is_back {
            failed.remove(return_path);
        }
        let sent = kept.take(return_path);
        let arrived = sent.len().saturating_sub(notices);
        let mut settled = Settled { sent: 0, lost: notices.saturating_sub(sent.len()) };
        for message in sent.into_iter().skip(arrived).chain(held) {
            match publish(&message, &message.service_wide) {
                Ok(()) => settled.sent += 1,
                Err(_) => settled.lost += 1,
            }
        }
        self.count(&known);
        Some(settled)
    }

    /// The paths that hold so much that their notes are not waited for.
    pub(super) fn overflowing(&self) -> Vec<Subject> {
        self.failing_that(|failing| failing.held.len() >= HELD || failing.bytes >= HELD_BYTES)
    }

    /// The paths that are failing, for those who cannot wait for their notes.
    pub(super) fn failing(&self) -> Vec<Subject> {
        self.failing_that(|_| true)
    }

    fn failing_that(&self, wanted: impl Fn(&Failing) -> bool) -> Vec<Subject> {
        if self.failing.load(Relaxed) == 0 {
            return Vec::new();
        }
        let known = self.lock();
        let wanted = known.failed.iter().filter(|(_, failing)| failing.as_ref().is_some_and(&wanted));
        wanted.map(|(return_path, _)| return_path.clone()).collect()
    }

    /// A request has come from there.
    pub(super) fn is_back(&self, return_path: &Subject) {
        if !self.have_failed() {
            return;
        }
        let mut known = self.lock();
        match known.failed.get_mut(return_path) {
            None => {}
            Some(Some(failing)) => failing.is_back = true,
            Some(None) => {
                known.failed.remove(return_path);
                self.count(&known);
            }
        }
    }

    /// Makes known how many there are.
    fn count(&self, known: &Known) {
        self.failed.store(known.failed.len(), Relaxed);
        self.failing.store(known.failed.values().flatten().count(), Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use bytes::Bytes;

    use super::*;

    pub(crate) fn subject(text: &str) -> Subject {
        text.parse().unwrap()
    }

    pub(crate) fn message(to: &str, content: &str) -> Addressed {
        Addressed {
            subject: subject(to),
            pin: Some(subject("own")),
            datum: Bytes::copy_from_slice(content.as_bytes()),
            service_wide: subject("all"),
            trace: None,
        }
    }

    fn notice(about: &'static str) -> NoResponders {
        NoResponders { subject: Some(Bytes::from(about)) }
    }

    /// What was published: `<subject> <content>`.
    #[derive(Default)]
    struct Wire(RefCell<Vec<String>>);

    impl Wire {
        fn publish(&self, message: &Addressed, to: &Subject) -> Result<(), Infallible> {
            let content = String::from_utf8_lossy(&message.datum);
            self.0.borrow_mut().push(format!("{to} {content}"));
            Ok(())
        }

        fn send(&self, paths: &ReturnPaths, to: &str, content: &str) -> Went {
            let sent = paths.send(&message(to, content), &|message, to| self.publish(message, to));
            sent.unwrap_or_else(|never| match never {})
        }

        fn settle(&self, paths: &ReturnPaths, note: &str) -> Option<Settled> {
            paths.settle(&subject(note), &|message, to| self.publish(message, to))
        }

        fn taken(&self) -> Vec<String> {
            self.0.take()
        }
    }

    #[tokio::test]
    async fn as_many_messages_are_sent_again_as_there_are_notices_and_all_in_their_order() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        for (to, content) in [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")] {
            assert_eq!(wire.send(&paths, to, content), Went::AsWished);
        }
        let first = Unserved::First { return_path: subject("a"), own: subject("own") };
        assert_eq!(paths.unserved(&notice("a")), first);
        wire.send(&paths, "a", "5");
        wire.send(&paths, "b", "6");
        assert_eq!(paths.unserved(&notice("a")), Unserved::Counted);
        assert_eq!(wire.taken(), ["a 1", "b 2", "a 3", "a 4", "b 6"]);

        assert_eq!(wire.settle(&paths, "a"), Some(Settled { sent: 3, lost: 0 }));
        assert_eq!(wire.send(&paths, "a", "7"), Went::ServiceWide);
        assert_eq!(wire.send(&paths, "b", "8"), Went::AsWished);
        assert_eq!(wire.taken(), ["all 3", "all 4", "all 5", "all 7", "b 8"]);
        assert_eq!(wire.settle(&paths, "a"), None, "one note is enough");
        assert_eq!(paths.unserved(&notice("c")), Unserved::Unknown);
    }

    #[tokio::test]
    async fn a_replica_that_asks_again_is_back_when_its_notices_are_in() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        wire.send(&paths, "a", "1");
        paths.unserved(&notice("a"));
        paths.is_back(&subject("a"));
        wire.send(&paths, "a", "2");
        wire.settle(&paths, "a");
        wire.send(&paths, "a", "3");
        assert_eq!(wire.taken(), ["a 1", "all 1", "all 2", "a 3"]);

        paths.unserved(&notice("a"));
        wire.settle(&paths, "a");
        assert_eq!(wire.send(&paths, "a", "4"), Went::ServiceWide);
        paths.is_back(&subject("a"));
        assert_eq!(wire.send(&paths, "a", "5"), Went::AsWished);
        assert_eq!(paths.failed.load(Relaxed), 0);
    }

    #[tokio::test]
    async fn what_cannot_come_back_is_not_kept_and_not_resent() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        let unpinned = Addressed { pin: None, ..message("a", "1") };
        paths.send(&unpinned, &|message, to| wire.publish(message, to)).unwrap();
        wire.send(&paths, "all", "2");
        paths.send(&message("a", "3"), &|_, _| Err("the bus is full")).unwrap_err();
        for unknown in ["a", "all"] {
            assert_eq!(paths.unserved(&notice(unknown)), Unserved::Unknown);
        }
        // A notice too many is about a message that is not known any more.
        wire.send(&paths, "a", "4");
        paths.unserved(&notice("a"));
        paths.unserved(&notice("a"));
        assert_eq!(wire.settle(&paths, "a"), Some(Settled { sent: 1, lost: 1 }));
        // Of a path that is known to be gone, messages that nobody answers for are saved too.
        paths.send(&unpinned, &|message, to| wire.publish(message, to)).unwrap();
        assert_eq!(wire.taken(), ["a 1", "all 2", "a 4", "all 4", "all 1"]);
    }

    #[tokio::test]
    async fn a_path_does_not_hold_more_than_it_may() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        wire.send(&paths, "a", "1");
        paths.unserved(&notice("a"));
        for _ in 0..HELD {
            assert!(paths.overflowing().is_empty());
            wire.send(&paths, "a", "2");
        }
        assert_eq!((paths.overflowing(), paths.failing()), (vec![subject("a")], vec![subject("a")]));
        wire.settle(&paths, "a");
        assert_eq!((paths.overflowing(), paths.failing()), (vec![], vec![]));
    }

    #[tokio::test]
    async fn a_notice_of_an_old_server_counts_where_only_one_path_can_be_meant() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        let untold = NoResponders { subject: None };
        wire.send(&paths, "a", "1");
        assert!(matches!(paths.unserved(&untold), Unserved::First { .. }));
        assert_eq!(paths.unserved(&untold), Unserved::Counted);
        wire.send(&paths, "b", "2");
        assert_eq!(paths.unserved(&untold), Unserved::Unknown);
    }

    #[tokio::test]
    async fn a_message_the_bus_did_not_take_is_not_sent_again() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        wire.send(&paths, "a", "1");
        paths.send(&message("a", "2"), &|_, _| Err("the bus is full")).unwrap_err();
        paths.unserved(&notice("a"));
        wire.settle(&paths, "a");
        // Tried once more when there is room.
        assert_eq!(wire.send(&paths, "a", "2"), Went::ServiceWide);
        assert_eq!(wire.taken(), ["a 1", "all 1", "all 2"]);
    }

    #[tokio::test]
    async fn the_paths_that_are_gone_are_bounded_in_number() {
        let (paths, wire) = (ReturnPaths::default(), Wire::default());
        for n in 0..2 * FAILED {
            let path = format!("path-{n}");
            wire.send(&paths, &path, "1");
            paths.unserved(&NoResponders { subject: Some(Bytes::from(path.clone())) });
            wire.settle(&paths, &path);
        }
        assert_eq!(paths.lock().failed.len(), FAILED);
    }
}
