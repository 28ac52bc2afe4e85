//! A subject pattern a service can subscribe to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Subject, SubjectError};
use crate::name::is_token;

/// What a subscription listens to: a subject in which `*` stands for one token and a last `>` for
/// one or more.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SubjectFilter(Arc<str>);

impl SubjectFilter {
    /// The filter as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For text put together from tokens and wildcards.
    pub(super) fn from_tokens(text: String) -> Self {
        Self(text.into())
    }

    /// The same with `*` in place of every token that is this one: whatever stands there.
    ///
    /// ```
    /// use kaa_protocol::subject::SubjectFilter;
    ///
    /// let own: SubjectFilter = "kaa.v1.replica.dcx-0.esp.ClientData".parse()?;
    /// assert_eq!(own.any("dcx-0").as_str(), "kaa.v1.replica.*.esp.ClientData");
    /// # Ok::<(), kaa_protocol::subject::SubjectError>(())
    /// ```
    #[must_use]
    pub fn any(&self, token: &str) -> Self {
        let tokens = self.0.split('.').map(|other| if other == token { "*" } else { other });
        Self(tokens.collect::<Vec<_>>().join(".").into())
    }

    /// Whether a message published to `subject` is delivered to this subscription.
    pub fn matches(&self, subject: &Subject) -> bool {
        let mut tokens = subject.tokens();
        for wanted in self.0.split('.') {
            match (wanted, tokens.next()) {
                (_, None) => return false,
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (wanted, Some(token)) if wanted == token => {}
                _ => return false,
            }
        }
        tokens.next().is_none()
    }
}

impl FromStr for SubjectFilter {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let (head, last) = text.rsplit_once('.').map_or((None, text), |(head, last)| (Some(head), last));
        let is_wanted = |token: &str| token == "*" || is_token(token.as_bytes());
        if text.len() <= Subject::MAX_LEN
            && head.is_none_or(|head| head.split('.').all(is_wanted))
            && (last == ">" || is_wanted(last))
        {
            Ok(Self(text.into()))
        } else {
            let expected =
                "at most 1024 bytes: tokens of visible ASCII or '*', joined by dots, '>' only at the end";
            Err(SubjectError::new("a subject filter", expected, text.as_bytes()))
        }
    }
}

impl From<&Subject> for SubjectFilter {
    fn from(subject: &Subject) -> Self {
        Self(subject.as_str().into())
    }
}

impl From<Subject> for SubjectFilter {
    fn from(subject: Subject) -> Self {
        Self::from(&subject)
    }
}

impl fmt::Display for SubjectFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for SubjectFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectFilter({:?})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str, subject: &str) -> bool {
        filter.parse::<SubjectFilter>().unwrap().matches(&subject.parse().unwrap())
    }

    #[test]
    fn wildcards_match_as_nats_matches_them() {
        assert!(matches("a.b", "a.b"));
        assert!(matches("a.*", "a.b"));
        assert!(matches("*.b", "a.b"));
        assert!(matches("a.>", "a.b.c"));
        assert!(matches(">", "a"));
        assert!(!matches("a.b", "a.c"));
        assert!(!matches("a.*", "a"));
        assert!(!matches("a.*", "a.b.c"));
        assert!(!matches("a.>", "a"));
        assert!(!matches("a", "a.b"));
    }

    #[test]
    fn a_wildcard_in_the_wrong_place_is_refused() {
        for text in ["", "a..b", "a.>.b", "a*", ">a", "a b", ".", "*."] {
            assert!(text.parse::<SubjectFilter>().is_err(), "{text:?}");
        }
    }
}
