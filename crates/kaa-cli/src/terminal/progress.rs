//! How far a long command is, on a terminal only.

use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use tokio::time::Instant;

use super::escaped;

/// A line on standard error that is written over and over, and gone at the end. Nothing where there is no terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    is_on: bool,
    pace: Pace,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { is_on: stderr().is_terminal(), pace: Pace::default() }
    }

    /// Shows a line, unless it has just shown another.
    pub(crate) fn show(&mut self, line: impl FnOnce() -> String) {
        if self.is_on && self.pace.is_due() {
            // A terminal that is gone needs no progress.
            let _ = write!(stderr().lock(), "\r\u{1b}[K{}", escaped(&line()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.pace.last.is_some() {
            let _ = write!(stderr().lock(), "\r\u{1b}[K");
        }
    }
}

/// How often it changes, for people.
#[derive(Debug, Default)]
struct Pace {
    last: Option<Instant>,
}

impl Pace {
    const PERIOD: Duration = Duration::from_millis(100);

    fn is_due(&mut self) -> bool {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= Self::PERIOD);
        if is_due {
            self.last = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_no_faster_than_people() {
        let mut pace = Pace::default();
        let mut shown = 0;
        for _ in 0..10 {
            shown += u32::from(pace.is_due());
            tokio::time::advance(Duration::from_millis(30)).await;
        }
        assert_eq!(shown, 3);
    }
}
