//! Broadcast messaging: something happened, whoever cares may listen.

use std::fmt;
use std::str::FromStr;

use super::{PREFIX, Subject, SubjectError, SubjectFilter};
use crate::name::{ServiceInstance, Token};

/// `kaa.v1.events.<originator>.<entity>.<group>.<type>[.<more>]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventSubject {
    /// The service instance the event comes from.
    pub originator: ServiceInstance,
    /// What it happened to, such as `endpoint`.
    pub entity: Token,
    /// The family of events, such as `config`.
    pub group: Token,
    /// What happened, such as `updated`.
    pub event: Token,
    /// Further tokens some protocols add, such as a time series name (14/TSTP). Usually empty.
    pub more: Vec<Token>,
}

impl EventSubject {
    /// The filter that receives this event from every originator.
    pub fn from_any_originator(&self) -> SubjectFilter {
        SubjectFilter::from_tokens(format!("{PREFIX}events.*{}", Tail(self)))
    }
}

/// What follows the originator, with its leading dot.
struct Tail<'a>(&'a EventSubject);

impl fmt::Display for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EventSubject { entity, group, event, more, .. } = self.0;
        write!(f, ".{entity}.{group}.{event}")?;
        more.iter().try_for_each(|token| write!(f, ".{token}"))
    }
}

impl fmt::Display for EventSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}events.{}{}", self.originator, Tail(self))
    }
}

impl From<&EventSubject> for Subject {
    fn from(subject: &EventSubject) -> Self {
        Subject::from_tokens(subject.to_string())
    }
}

impl From<&EventSubject> for SubjectFilter {
    fn from(subject: &EventSubject) -> Self {
        SubjectFilter::from_tokens(subject.to_string())
    }
}

impl FromStr for EventSubject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let parse = || {
            let mut tokens = text.strip_prefix(PREFIX)?.strip_prefix("events.")?.split('.');
            Some(Self {
                originator: tokens.next()?.parse().ok()?,
                entity: tokens.next()?.parse().ok()?,
                group: tokens.next()?.parse().ok()?,
                event: tokens.next()?.parse().ok()?,
                more: tokens.map(|token| token.parse().ok()).collect::<Option<_>>()?,
            })
        };
        parse().filter(|_| text.len() <= Subject::MAX_LEN).ok_or_else(|| {
            let expected = "kaa.v1.events.<originator>.<entity>.<group>.<type>[.<more>]";
            SubjectError::new("an event subject", expected, text.as_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_print_and_parse_with_and_without_more_tokens() {
        for text in [
            "kaa.v1.events.cdp.endpoint.config.updated",
            "kaa.v1.events.epts.endpoint.data-collection.data-points-received.auto~temperature",
        ] {
            let subject: EventSubject = text.parse().unwrap();
            assert_eq!(Subject::from(&subject), text);
            assert!(SubjectFilter::from(&subject).matches(&Subject::from(&subject)));
        }
    }

    #[test]
    fn one_filter_hears_every_originator() {
        let subject: EventSubject = "kaa.v1.events.cdp.endpoint.config.updated".parse().unwrap();
        let filter = subject.from_any_originator();
        assert_eq!(filter.as_str(), "kaa.v1.events.*.endpoint.config.updated");
        assert!(filter.matches(&"kaa.v1.events.other.endpoint.config.updated".parse().unwrap()));
    }

    #[test]
    fn anything_else_is_not_an_event_subject() {
        for text in [
            "",
            "kaa.v1.events.cdp.endpoint.config",
            "kaa.v1.events.*.endpoint.config.updated",
            "kaa.v1.events.cdp.endpoint.config.updated.",
            "kaa.v1.service.cdp.endpoint.config.updated",
        ] {
            assert!(text.parse::<EventSubject>().is_err(), "{text:?}");
        }
    }
}
