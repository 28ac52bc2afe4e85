//! Arguments that several commands take.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
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

/// What is sent.
#[derive(Debug, Args)]
pub(crate) struct Payload {
    /// The payload
    #[arg(long, short, conflicts_with = "file")]
    data: Option<String>,
    /// A file with the payload; - for standard input
    #[arg(long, short)]
    file: Option<PathBuf>,
}

/// A payload that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path:?} cannot be read: {source}")]
pub(crate) struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

impl Payload {
    /// Its bytes; none when nothing was given.
    pub(crate) fn read(self) -> Result<Vec<u8>, Unreadable> {
        let Some(path) = self.file else { return Ok(self.data.unwrap_or_default().into_bytes()) };
        let read = if path.as_os_str() == "-" {
            let mut payload = Vec::new();
            io::stdin().read_to_end(&mut payload).map(|_| payload)
        } else {
            fs::read(&path)
        };
        read.map_err(|source| Unreadable { path, source })
    }
}
