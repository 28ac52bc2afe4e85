//! Names, subjects and filters.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use bytes::Bytes;
use kaa_protocol::name::{
    AppVersion, ConfigName, CorrelationId, EndpointId, EndpointToken, ReplicaId, ServiceInstance, Token,
};
use kaa_protocol::subject::{BareSubject, EventSubject, Inbox, Subject, SubjectFilter, TargetedSubject};

pub(crate) fn read(input: &Bytes) -> bool {
    let is_subject = Subject::try_from(input.clone()).is_ok();
    let Ok(text) = std::str::from_utf8(input) else { return false };
    // One after the other: none is kept while the next is read.
    let is_known = text.parse::<TargetedSubject>().is_ok()
        || text.parse::<EventSubject>().is_ok()
        || text.parse::<BareSubject>().is_ok();
    is_subject || is_known || text.parse::<SubjectFilter>().is_ok()
}

pub(crate) fn check(input: &Bytes) {
    let subject = Subject::try_from(input.clone()).ok();
    let _ = Inbox::new(0xcafe).slot_of(input);
    let Ok(text) = std::str::from_utf8(input) else {
        assert_eq!(subject, None, "a subject is text");
        return;
    };
    prints_what_it_read::<Token>(text);
    prints_what_it_read::<ServiceInstance>(text);
    prints_what_it_read::<ReplicaId>(text);
    prints_what_it_read::<EndpointId>(text);
    prints_what_it_read::<EndpointToken>(text);
    prints_what_it_read::<AppVersion>(text);
    prints_what_it_read::<ConfigName>(text);
    prints_what_it_read::<CorrelationId>(text);
    prints_what_it_read::<Subject>(text);
    let _ = CorrelationId::received(text).map(|id| id.to_string());

    let filter = prints_what_it_read::<SubjectFilter>(text);
    assert!(subject.is_none() || filter.is_some(), "a subject is a filter too");
    if let (Some(subject), Some(filter)) = (&subject, &filter) {
        assert!(filter.matches(subject));
    }
    for parsed in [
        prints_what_it_read::<TargetedSubject>(text).map(|parsed| Subject::from(&parsed)),
        prints_what_it_read::<EventSubject>(text).map(|parsed| Subject::from(&parsed)),
        prints_what_it_read::<BareSubject>(text).map(|parsed| Subject::from(&parsed)),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(Some(parsed), subject, "what has a form is a subject");
    }
}

/// What is read prints as what was read; what is not says why.
fn prints_what_it_read<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(parsed) => {
            assert_eq!(parsed.to_string(), text);
            Some(parsed)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}
