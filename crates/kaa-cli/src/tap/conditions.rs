//! Which messages are of interest, as flags say it.

use clap::Args;
use kaa_ext::bus::SubjectFilter;
use kaa_tap::Criteria;

/// Which messages are shown.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Conditions {
    /// Subjects, such as 'kaa.v1.service.dcx.>' [default: all of Kaa]
    #[arg(value_name = "FILTER", value_parser = filter)]
    filters: Vec<SubjectFilter>,
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
    errors: bool,
}

fn filter(text: &str) -> Result<SubjectFilter, String> {
    text.parse().map_err(|error| format!("{error}"))
}

impl From<Conditions> for Criteria {
    fn from(Conditions { filters, endpoint, correlation, service, errors }: Conditions) -> Self {
        Self { filters, endpoint, correlation, service, errors }
    }
}
