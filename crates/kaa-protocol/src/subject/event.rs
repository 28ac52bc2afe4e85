//! Broadcast messaging: something happened, whoever cares may listen.

use std::fmt;
use std::str::FromStr;

use super::{PREFIX, Subject, SubjectError, SubjectFilter};
use crate::name::{ServiceInstance, Token};

/// What happened to what: the part of an event's subject that its type decides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventKind {
    /// What it happened to, such as `endpoint`.
    pub entity: Token,
    /// The family of events, such as `config`.
    pub group: Token,
    /// What happened, such as `updated`.
    pub event: Token,
    /// Whether one more token follows that every event chooses, such as the name of a time series.
    pub is_detailed: bool,
}

impl EventKind {
    /// A kind of events, written in the source code.
    ///
    /// # Panics
    ///
    /// When a part is no token. In a `const` that is a compile error.
    pub const fn new(entity: &'static str, group: &'static str, event: &'static str) -> Self {
        Self {
            entity: Token::from_static(entity),
            group: Token::from_static(group),
            event: Token::from_static(event),
            is_detailed: false,
        }
    }

    /// The same with one more token, that every event chooses.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub const fn detailed(entity: &'static str, group: &'static str, event: &'static str) -> Self {
        Self {
            entity: Token::from_static(entity),
            group: Token::from_static(group),
            event: Token::from_static(event),
            is_detailed: true,
        }
    }

    /// What to subscribe to for these events, from one originator or from all.
    ///
    /// ```
    /// use kaa_protocol::name::ServiceInstance;
    /// use kaa_protocol::subject::EventKind;
    ///
    /// let kind = EventKind::new("endpoint", "config", "updated");
    /// assert_eq!(kind.filter(None).as_str(), "kaa.v1.events.*.endpoint.config.updated");
    ///
    /// let cdp = ServiceInstance::from_static("cdp");
    /// assert_eq!(kind.filter(Some(&cdp)).as_str(), "kaa.v1.events.cdp.endpoint.config.updated");
    /// ```
    pub fn filter(&self, originator: Option<&ServiceInstance>) -> SubjectFilter {
        let Self { entity, group, event, is_detailed } = self;
        let originator = originator.map_or("*", ServiceInstance::as_str);
        let detail = if *is_detailed { ".*" } else { "" };
        SubjectFilter::from_tokens(format!("{PREFIX}events.{originator}.{entity}.{group}.{event}{detail}"))
    }
}

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

impl fmt::Display for EventSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EventSubject { originator, entity, group, event, more } = self;
        write!(f, "{PREFIX}events.{originator}.{entity}.{group}.{event}")?;
        more.iter().try_for_each(|token| write!(f, ".{token}"))
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
        // Every further token takes memory: how long the text is has to be known first.
        let is_short = text.len() <= Subject::MAX_LEN;
        is_short.then(parse).flatten().ok_or_else(|| {
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
    fn one_filter_hears_every_originator_and_every_detail() {
        let heard = |kind: EventKind, subject: &str| kind.filter(None).matches(&subject.parse().unwrap());
        let updated = EventKind::new("endpoint", "config", "updated");
        assert!(heard(updated.clone(), "kaa.v1.events.cdp.endpoint.config.updated"));
        assert!(heard(updated.clone(), "kaa.v1.events.other.endpoint.config.updated"));
        assert!(!heard(updated, "kaa.v1.events.cdp.endpoint.config.updated.more"));
        let points = EventKind::detailed("endpoint", "data-collection", "data-points-received");
        assert!(heard(
            points.clone(),
            "kaa.v1.events.epts.endpoint.data-collection.data-points-received.auto~t"
        ));
        assert!(!heard(points, "kaa.v1.events.epts.endpoint.data-collection.data-points-received"));
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
