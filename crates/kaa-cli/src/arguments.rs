//! Arguments that several commands take.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use kaa_ext::protocol::kp1::ResourcePath;

/// A duration of at least a millisecond: in a request, zero means that it never expires.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let expected = "expected a duration of 1ms or more, such as 500ms or 5s";
    let duration = humantime::parse_duration(text).map_err(|error| format!("{error}; {expected}"))?;
    if duration < Duration::from_millis(1) { Err(expected.to_owned()) } else { Ok(duration) }
}

/// The path of a resource, such as `/json`.
pub(crate) fn resource_path(text: &str) -> Result<ResourcePath, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// A payload as it was given, or from a file, where `-` is standard input.
pub(crate) fn payload(data: Option<&str>, file: Option<&Path>) -> io::Result<Vec<u8>> {
    match file {
        None => Ok(data.unwrap_or_default().as_bytes().to_vec()),
        Some(path) if path.as_os_str() == "-" => {
            let mut payload = Vec::new();
            io::stdin().read_to_end(&mut payload)?;
            Ok(payload)
        }
        Some(path) => fs::read(path),
    }
}
