//! Which messages are of interest.

use clap::Args;
use kaa_ext::bus::{Subject, SubjectFilter};

use super::seen::Seen;

/// Which messages are shown.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Criteria {
    /// Subjects, such as 'kaa.v1.service.dcx.>' [default: all of Kaa]
    #[arg(value_name = "FILTER", value_parser = filter)]
    pub(crate) filters: Vec<SubjectFilter>,
    /// Only what is about this endpoint
    #[arg(long, short, value_name = "ID")]
    endpoint: Option<String>,
    /// Only messages with this correlation ID: one exchange, across all services
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// Only what goes to this service instance, or is announced by it
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only answers with a status of 400 or more, and what nobody has answered in time
    #[arg(long)]
    pub(crate) errors: bool,
}

fn filter(text: &str) -> Result<SubjectFilter, String> {
    text.parse().map_err(|error| format!("{error}"))
}

impl Criteria {
    /// Whether a message, or what it answers, is of interest.
    pub(crate) fn shows(&self, seen: &Seen) -> bool {
        let answers_shown = seen.answers.as_ref().is_some_and(|answered| answered.is_shown);
        let is_of_interest = answers_shown || self.is_about(seen);
        is_of_interest && (!self.errors || seen.status().is_some_and(|status| status.is_error))
    }

    /// The same without --errors, for which a request cannot say anything yet.
    pub(crate) fn is_about(&self, seen: &Seen) -> bool {
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
