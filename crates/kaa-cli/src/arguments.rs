//! Arguments that several commands take.

use std::time::Duration;

/// A duration of at least a millisecond: in a request, zero means that it never expires.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let expected = "expected a duration of 1ms or more, such as 500ms or 5s";
    let duration = humantime::parse_duration(text).map_err(|error| format!("{error}; {expected}"))?;
    if duration < Duration::from_millis(1) { Err(expected.to_owned()) } else { Ok(duration) }
}
