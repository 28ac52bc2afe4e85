//! Return paths that nobody listens to any more, and what was sent there.
//!
//! A communication service replica that is gone is gone for good: who restarts is another replica.
//! The server says so for messages that carry a return address of ours, which are those of pinned
//! sessions. (Others it drops without a word; their device is gone with the replica that held its
//! connection.) Each of these messages is answered with a notice of its own, in order; so the notices
//! belong to the last messages that were sent there, and the youngest one kept is resent for each.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaa_bus::NoResponders;
use kaa_protocol::subject::Subject;
use tokio::time::{Duration, Instant};

use super::Addressed;

/// What is known about the return paths of this replica's messages.
#[derive(Debug, Default)]
pub(super) struct ReturnPaths {
    known: Mutex<Known>,
    /// How many are gone: mostly none, and then nobody has to look.
    gone: AtomicUsize,
}

#[derive(Debug, Default)]
struct Known {
    /// Messages whose notice may still come, oldest first.
    kept: VecDeque<(Instant, Addressed)>,
    bytes: usize,
    /// Oldest first.
    gone: VecDeque<Subject>,
}

/// A notice takes one round trip. What is older has arrived.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// The most messages kept, and their bytes.
const KEPT_MESSAGES: usize = 1024;
const KEPT_BYTES: usize = 4 << 20;

/// The most return paths remembered as gone. Of one that is forgotten, the next message tells again.
const GONE: usize = 1024;

impl ReturnPaths {
    /// Whether the server said that nobody listens there.
    pub(super) fn is_gone(&self, return_path: &Subject) -> bool {
        self.gone.load(Relaxed) > 0 && self.lock().gone.contains(return_path)
    }

    /// Keeps a message whose notice would tell that its receiver is gone.
    pub(super) fn sending(&self, message: &Addressed) {
        if message.pin.is_none() || message.subject == message.service_wide {
            return;
        }
        let now = Instant::now();
        let mut known = self.lock();
        known.bytes += message.datum.len();
        known.kept.push_back((now, message.clone()));
        while let Some((sent, oldest)) = known.kept.front() {
            let is_old = now.duration_since(*sent) > KEPT_FOR;
            if !is_old && known.kept.len() <= KEPT_MESSAGES && known.bytes <= KEPT_BYTES {
                break;
            }
            known.bytes = known.bytes.saturating_sub(oldest.datum.len());
            known.kept.pop_front();
        }
    }

    /// The message that a notice is about, if it was kept.
    pub(super) fn unserved(&self, notice: &NoResponders) -> Option<Addressed> {
        let mut known = self.lock();
        let position = known.kept.iter().rposition(|(_, message)| notice.is_about(&message.subject))?;
        let (_, message) = known.kept.remove(position)?;
        known.bytes = known.bytes.saturating_sub(message.datum.len());
        if !known.gone.contains(&message.subject) {
            known.gone.push_back(message.subject.clone());
            if known.gone.len() > GONE {
                known.gone.pop_front();
            }
        }
        self.gone.store(known.gone.len(), Relaxed);
        Some(message)
    }

    /// Forgets that this one is gone.
    pub(super) fn is_back(&self, return_path: &Subject) {
        if self.gone.load(Relaxed) > 0 {
            let mut known = self.lock();
            known.gone.retain(|gone| gone != return_path);
            self.gone.store(known.gone.len(), Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn subject(text: &str) -> Subject {
        text.parse().unwrap()
    }

    fn message(to: &str, content: &str) -> Addressed {
        Addressed {
            subject: subject(to),
            pin: Some(subject("own")),
            datum: Bytes::copy_from_slice(content.as_bytes()),
            service_wide: subject("all"),
        }
    }

    fn notice(about: &'static str) -> NoResponders {
        NoResponders { subject: Some(Bytes::from(about)) }
    }

    fn unserved(paths: &ReturnPaths, about: &'static str) -> Option<Bytes> {
        paths.unserved(&notice(about)).map(|message| message.datum)
    }

    #[tokio::test]
    async fn as_many_messages_come_back_as_there_are_notices_the_youngest_first() {
        let paths = ReturnPaths::default();
        for (to, content) in [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")] {
            paths.sending(&message(to, content));
        }
        assert!(!paths.is_gone(&subject("a")));
        assert_eq!(unserved(&paths, "a").unwrap(), "4");
        assert_eq!(unserved(&paths, "a").unwrap(), "3");
        assert!(paths.is_gone(&subject("a")) && !paths.is_gone(&subject("b")));
        assert_eq!(unserved(&paths, "c"), None);
    }

    #[tokio::test]
    async fn a_replica_that_asks_again_is_back() {
        let paths = ReturnPaths::default();
        paths.sending(&message("a", "1"));
        paths.unserved(&notice("a"));
        paths.is_back(&subject("a"));
        assert!(!paths.is_gone(&subject("a")));
    }

    #[tokio::test]
    async fn what_cannot_come_back_is_not_kept() {
        let paths = ReturnPaths::default();
        paths.sending(&Addressed { pin: None, ..message("a", "1") });
        paths.sending(&message("all", "2"));
        assert!(paths.lock().kept.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_bounded_in_number_size_and_time() {
        let paths = ReturnPaths::default();
        for _ in 0..2 * KEPT_MESSAGES {
            paths.sending(&message("a", "1"));
        }
        assert_eq!(paths.lock().kept.len(), KEPT_MESSAGES);
        let large = "x".repeat(KEPT_BYTES / 2);
        for _ in 0..4 {
            paths.sending(&message("a", &large));
        }
        assert!(paths.lock().bytes <= KEPT_BYTES);
        tokio::time::advance(KEPT_FOR * 2).await;
        paths.sending(&message("a", "1"));
        assert_eq!(paths.lock().kept.len(), 1);
    }
}
