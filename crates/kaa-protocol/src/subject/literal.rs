//! A subject a message can be published to.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use super::SubjectError;
use crate::name::is_token;

/// A complete subject: tokens joined by dots, no wildcard.
///
/// Cloning is cheap, and a subject that arrived in a message keeps the bytes it arrived in.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Bytes);

impl Subject {
    /// The longest subject accepted, in bytes. nats-server's own limit for a control line is 4096.
    pub const MAX_LEN: usize = 1024;

    /// For text put together from tokens, which therefore needs no further check.
    pub(super) fn from_tokens(text: String) -> Self {
        Self(text.into())
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        // Only visible ASCII gets in, so this is a check that cannot fail; without `unsafe` it is
        // also the cheapest way from bytes to text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The subject as bytes, without a copy.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The tokens between the dots.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('.')
    }
}

impl TryFrom<Bytes> for Subject {
    type Error = SubjectError;

    fn try_from(bytes: Bytes) -> Result<Self, SubjectError> {
        if bytes.len() <= Self::MAX_LEN && bytes.split(|byte| *byte == b'.').all(is_token) {
            Ok(Self(bytes))
        } else {
            let expected = "at most 1024 bytes: tokens of visible ASCII without '*' and '>', joined by dots";
            Err(SubjectError::new("a subject", expected, &bytes))
        }
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        Bytes::copy_from_slice(text.as_bytes()).try_into()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({:?})", self.as_str())
    }
}

impl AsRef<str> for Subject {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Subject {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Subject {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_tokens_joined_by_dots() {
        for text in ["a", "a.b", "$SYS.REQ", "_INBOX.x.y", "kaa.v1.replica.r.esp.ExtensionData"] {
            assert_eq!(text.parse::<Subject>().unwrap(), text);
        }
        for text in ["", ".", "a.", ".a", "a..b", "a.*", "a.>", "a b", "a\r\nPUB x", "ä"] {
            assert!(text.parse::<Subject>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_endless_subject_is_refused_and_quoted_only_in_part() {
        let text = "a.".repeat(100_000) + "a";
        let error = text.parse::<Subject>().unwrap_err();
        assert!(error.to_string().len() < 400);
    }
}
