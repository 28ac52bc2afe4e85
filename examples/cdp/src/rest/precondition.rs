//! `If-Match`, `If-None-Match` and `ETag` (RFC 9110, section 13): the revision, in quotes.

use axum::http::{HeaderMap, header};
use kaa_ext::rest::Problem;

use crate::configurations::Condition;

pub(super) fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// What a write depends on.
pub(super) fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().trim());
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (None, None) => Ok(Condition::Anything),
        (Some("*"), None) => Ok(Condition::Something),
        // A tag that is none of ours, a weak one among them, matches nothing.
        (Some(tags), None) => Ok(Condition::OneOf(tags.split(',').filter_map(revision).collect())),
        (None, Some("*")) => Ok(Condition::Nothing),
        _ => Err(Problem::bad_request(
            "use either If-Match, or If-None-Match: * to write only what is not there",
        )),
    }
}

fn revision(tag: &str) -> Option<u64> {
    tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}
