//! Which messages are of interest.

use kaa_bus::{Subject, SubjectFilter};

use crate::seen::Seen;

/// Which messages are of interest; all of them, when nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    /// Subjects: one of these has to match, if there are any.
    pub filters: Vec<SubjectFilter>,
    /// Only what is about this endpoint.
    pub endpoint: Option<String>,
    /// Only messages with this correlation ID.
    pub correlation: Option<String>,
    /// Only what goes to this service instance, or is announced by it.
    pub service: Option<String>,
    /// Only answers with a status of 400 or more, and what nobody has answered in time.
    pub errors: bool,
}

impl Criteria {
    /// Whether a message, or what it answers, is of interest.
    pub fn shows(&self, seen: &Seen) -> bool {
        let answers_shown = seen.answers.as_ref().is_some_and(|answered| answered.is_shown);
        let is_of_interest = answers_shown || self.is_about(seen);
        is_of_interest && (!self.errors || seen.status().is_some_and(|status| status.is_error))
    }

    /// The same without `errors`, for which a request cannot say anything yet.
    pub fn is_about(&self, seen: &Seen) -> bool {
        let by_filter = || self.filters.iter().any(|filter| matches(filter, &seen.subject));
        (self.filters.is_empty() || by_filter())
            && self
                .endpoint
                .as_ref()
                .is_none_or(|endpoint| seen.decoded().is_some_and(|decoded| decoded.is_about(endpoint)))
            && self.correlation.as_ref().is_none_or(|id| seen.text("correlationId") == Some(id))
            && self.service.as_ref().is_none_or(|service| seen.place.service() == Some(service))
    }

    /// Whether somebody asked for this subject in so many words.
    pub(crate) fn names(&self, subject: &str) -> bool {
        self.filters.iter().any(|filter| matches(filter, subject))
    }

    /// Whether the content of a message decides.
    pub(crate) fn reads_content(&self) -> bool {
        self.endpoint.is_some() || self.correlation.is_some() || self.errors
    }
}

fn matches(filter: &SubjectFilter, subject: &str) -> bool {
    subject.parse::<Subject>().is_ok_and(|subject| filter.matches(&subject))
}
