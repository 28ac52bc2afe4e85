//! Messages that were sent a moment ago, in case they found nobody.

use std::collections::VecDeque;

use kaa_protocol::subject::Subject;
use tokio::time::{Duration, Instant};

use super::Addressed;

/// Messages whose notice may still come, oldest first.
#[derive(Debug, Default)]
pub(super) struct Kept {
    sent: VecDeque<(Instant, Addressed)>,
    bytes: usize,
}

/// A notice takes one round trip. What is older has arrived.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// The most messages kept, and their bytes.
const KEPT_MESSAGES: usize = 1024;
const KEPT_BYTES: usize = 4 << 20;

impl Kept {
    /// Keeps a message that is about to be sent.
    pub(super) fn push(&mut self, message: Addressed) {
        let now = Instant::now();
        self.bytes += message.datum.len();
        self.sent.push_back((now, message));
        while let Some((sent, oldest)) = self.sent.front() {
            let is_old = now.duration_since(*sent) > KEPT_FOR;
            if !is_old && self.sent.len() <= KEPT_MESSAGES && self.bytes <= KEPT_BYTES {
                break;
            }
            self.bytes = self.bytes.saturating_sub(oldest.datum.len());
            self.sent.pop_front();
        }
    }

    /// Takes the youngest back: it was not sent.
    pub(super) fn pop(&mut self) {
        if let Some((_, message)) = self.sent.pop_back() {
            self.bytes = self.bytes.saturating_sub(message.datum.len());
        }
    }

    /// The return path that a notice is about and where its messages asked to be answered, when a message
    /// to it was kept.
    ///
    /// Servers that do not name the subject leave a guess, and only where there is no choice.
    pub(super) fn about(&self, unserved: Option<&[u8]>) -> Option<(Subject, Subject)> {
        let is_meant = |message: &Addressed| {
            unserved.is_none_or(|unserved| *unserved == *message.subject.as_str().as_bytes())
        };
        let mut meant = self.sent.iter().map(|(_, message)| message).filter(|message| is_meant(message));
        let message = meant.next_back()?;
        let is_clear = unserved.is_some() || meant.all(|other| other.subject == message.subject);
        is_clear.then(|| message.pin.clone().map(|pin| (message.subject.clone(), pin)))?
    }

    /// Gives up everything that was sent to `return_path`, oldest first.
    pub(super) fn take(&mut self, return_path: &Subject) -> Vec<Addressed> {
        let sent = std::mem::take(&mut self.sent).into_iter();
        let (taken, left) = sent.partition(|(_, message)| message.subject == *return_path);
        self.sent = left;
        let taken: VecDeque<(Instant, Addressed)> = taken;
        let bytes: usize = taken.iter().map(|(_, message)| message.datum.len()).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
        taken.into_iter().map(|(_, message)| message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlet::return_paths::tests::{message, subject};

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_bounded_in_number_size_and_time() {
        let mut kept = Kept::default();
        for _ in 0..2 * KEPT_MESSAGES {
            kept.push(message("a", "1"));
        }
        assert_eq!((kept.sent.len(), kept.bytes), (KEPT_MESSAGES, KEPT_MESSAGES));
        let large = "x".repeat(KEPT_BYTES / 2);
        for _ in 0..4 {
            kept.push(message("a", &large));
        }
        assert!(kept.bytes <= KEPT_BYTES);
        tokio::time::advance(KEPT_FOR * 2).await;
        kept.push(message("a", "1"));
        assert_eq!((kept.sent.len(), kept.bytes), (1, 1));
    }

    #[tokio::test]
    async fn what_is_taken_was_sent_there_and_keeps_its_order() {
        let mut kept = Kept::default();
        for (to, content) in [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")] {
            kept.push(message(to, content));
        }
        kept.pop();
        let taken: Vec<_> = kept.take(&subject("a")).into_iter().map(|message| message.datum).collect();
        assert_eq!((taken, kept.sent.len(), kept.bytes), (vec!["1".into(), "3".into()], 1, 1));
    }

    #[tokio::test]
    async fn a_notice_without_a_subject_is_about_the_only_return_path_there_is() {
        let mut kept = Kept::default();
        let about = |kept: &Kept| kept.about(None).map(|(return_path, _)| return_path);
        assert_eq!(about(&kept), None);
        kept.push(message("a", "1"));
        kept.push(message("a", "2"));
        assert_eq!(about(&kept), Some(subject("a")));
        kept.push(message("b", "3"));
        assert_eq!(about(&kept), None);
        assert_eq!(kept.about(Some(b"a")), Some((subject("a"), subject("own"))));
        assert_eq!(kept.about(Some(b"c")), None);
    }
}
