//! One line of the doctor.

use std::fmt::Write;

use crate::terminal::{Paint, escaped};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Warn,
    Fail,
}

/// What a check has found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What was checked, in a word.
    check: &'static str,
    pub(super) found: String,
    fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, found: found.into(), fix: None }
    }

    pub(super) fn warn(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Warn, check, found: found.into(), fix: Some(fix.into()) }
    }

    pub(super) fn fail(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Fail, check, found: found.into(), fix: Some(fix.into()) }
    }

    pub(super) fn text(&self, paint: Paint) -> String {
        let level = match self.level {
            Level::Ok => paint.good("ok  "),
            Level::Warn => paint.warning("warn"),
            Level::Fail => paint.bad("fail"),
        };
        let mut text = format!("{level}  {:11}  {}\n", self.check, escaped(&self.found));
        if let Some(fix) = &self.fix {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "      {:11}  {} {}", "", paint.bold("fix:"), escaped(fix));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_and_its_fix_another() {
        let text = Finding::warn("tls", "none\n", "use it").text(Paint::PLAIN);
        assert_eq!(text, "warn  tls          none\\n\n                   fix: use it\n");
        assert!(Level::Fail > Level::Warn && Level::Warn > Level::Ok);
    }
}
