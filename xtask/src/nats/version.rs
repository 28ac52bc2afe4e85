//! The version of a nats-server.

use std::fmt;

/// Major, minor and patch; what a pre-release adds is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) patch: u32,
}

impl Version {
    /// The first word like `v2.15.1` or `2.15.1-RC.1` in what `nats-server --version` printed.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::from_word)
    }

    fn from_word(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let word = word.split(['-', '+']).next()?;
        let mut parts = word.split('.').map(str::parse);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) => Some(Self { major, minor, patch }),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32, minor: u32, patch: u32) -> Version {
        Version { major, minor, patch }
    }

    #[test]
    fn the_answer_of_a_server_is_read() {
        assert_eq!(Version::in_text("nats-server: v2.15.1\n"), Some(version(2, 15, 1)));
        assert_eq!(Version::in_text("nats-server: v2.16.0-RC.3"), Some(version(2, 16, 0)));
        assert_eq!(Version::in_text("nats-server version 2.9.10"), Some(version(2, 9, 10)));
    }

    #[test]
    fn what_is_not_a_version_is_none() {
        for text in ["", "nats-server", "v2.15", "v2.15.1.0", "v2.x.1", "v.2.15", "v2.15.99999999999"] {
            assert_eq!(Version::in_text(text), None, "{text}");
        }
    }

    #[test]
    fn versions_compare_as_numbers_and_not_as_text() {
        assert!(version(2, 9, 25) < version(2, 10, 0));
        assert!(version(2, 15, 1) > version(2, 15, 0));
    }
}
