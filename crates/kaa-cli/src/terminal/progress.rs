//! How far a long command is, on a terminal only.

use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use tokio::time::Instant;

use super::escaped;

/// A line on standard error that is written over and over, and gone at the end. Nothing where there is no terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    is_on: bool,
    shown: Option<Instant>,
}

impl Progress {
    /// How often it changes, for people.
    const PACE: Duration = Duration::from_millis(100);

    pub(crate) fn new() -> Self {
        Self { is_on: stderr().is_terminal(), shown: None }
    }

    /// Shows a line, unless it has just shown another.
    pub(crate) fn show(&mut self, line: impl FnOnce() -> String) {
        if self.is_on && self.shown.is_none_or(|shown| shown.elapsed() >= Self::PACE) {
            self.shown = Some(Instant::now());
            // A terminal that is gone needs no progress.
            let _ = write!(stderr().lock(), "\r\u{1b}[K{}", escaped(&line()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(stderr().lock(), "\r\u{1b}[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_no_faster_than_people_and_silent_without_a_terminal() {
        let mut progress = Progress { is_on: true, shown: None };
        let mut lines = 0;
        for _ in 0..10 {
            progress.show(|| {
                lines += 1;
                String::new()
            });
            tokio::time::advance(Duration::from_millis(30)).await;
        }
        assert_eq!(lines, 3);
        let mut silent = Progress { is_on: false, shown: None };
        silent.show(|| panic!("nobody is there"));
    }
}
