//! What was decided and delivered.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::dice::mix;
use crate::raw_subject::RawSubject;

/// What happened at one moment.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) at: Duration,
    /// The connection it happened to.
    pub(super) peer: u64,
    pub(super) what: What,
    pub(super) subject: RawSubject,
    pub(super) size: usize,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Sent,
    Subscribed,
    Left,
    Delivered,
    Told,
    NobodyListens,
    Unserved,
    Dropped,
    Duplicated,
    Reordered,
    Corrupted,
    Cut,
    Back,
    Stalled,
    Flows,
    Crashed,
    Noted,
}

/// A hash of everything, and the last lines.
#[derive(Debug)]
pub(super) struct Trace {
    start: Instant,
    hash: u64,
    last: VecDeque<Line>,
}

impl Trace {
    /// How many lines are kept to be shown.
    const KEPT: usize = 400;

    pub(super) fn new() -> Self {
        Self { start: Instant::now(), hash: 0, last: VecDeque::new() }
    }

    pub(super) fn add(&mut self, what: What, peer: u64, subject: impl Into<RawSubject>, payload: &[u8]) {
        let subject = subject.into();
        let at = self.start.elapsed();
        let millis = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        self.mix(millis << 8 | what as u64);
        self.mix(peer);
        self.mix_bytes(&subject);
        self.mix_bytes(payload);
        if self.last.len() == Self::KEPT {
            self.last.pop_front();
        }
        self.last.push_back(Line { at, peer, what, subject, size: payload.len() });
    }

    fn mix(&mut self, number: u64) {
        self.hash = mix(self.hash ^ number).wrapping_add(number);
    }

    fn mix_bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.mix(u64::from_le_bytes(last) ^ u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.last.iter()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, peer, what, subject, size } = self;
        let (seconds, millis) = (at.as_secs(), at.subsec_millis());
        let what = format!("{what:?}").to_lowercase();
        let subject = String::from_utf8_lossy(subject);
        match self.what {
            What::Noted => write!(f, "{seconds:>4}.{millis:03}     {subject}"),
            _ if *size == 0 => write!(f, "{seconds:>4}.{millis:03} #{peer:<3} {what} {subject}"),
            _ => write!(f, "{seconds:>4}.{millis:03} #{peer:<3} {what} {subject} ({size} bytes)"),
        }
    }
}
