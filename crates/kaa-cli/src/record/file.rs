//! The file: its first line, and what of the others is sent again.

use std::io::{self, BufRead};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;

/// The version of the format. A later one may have more fields.
const VERSION: u32 = 1;

/// The longest line, in bytes: the largest message of NATS as JSON twice and in base64, and some more.
const LONGEST: u64 = 512 << 20;

/// The first line of a recording.
pub(crate) fn heading() -> String {
    format!("{}\n", json!({ "type": "recording", "version": VERSION, "kaa": env!("CARGO_PKG_VERSION") }))
}

/// One message of a recording.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) n: u64,
    /// How long after the first message.
    pub(crate) at: Duration,
    pub(crate) subject: String,
    pub(crate) datum: Bytes,
    /// The number of the message that it answers.
    pub(crate) answers: Option<u64>,
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("line {line} cannot be read")]
    Read { line: u64, source: io::Error },
    #[error("line {line} is not what `kaa record` writes")]
    Malformed { line: u64, source: serde_json::Error },
    #[error("line {line}: data is not base64")]
    Data { line: u64 },
    #[error("line {line}: {time:?} is no time; expected such as 2026-01-31T12:00:00.000000Z")]
    Time { line: u64, time: String },
    #[error("line {line} is longer than {LONGEST} bytes")]
    TooLong { line: u64 },
    #[error(
        "this is not a recording: its first line is not {{\"type\":\"recording\",\"version\":…}}; make one with `kaa record FILE`"
    )]
    NotARecording,
    #[error("this is a recording of version {0}; this kaa reads version {VERSION}")]
    Version(u32),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Line {
    Recording {
        version: u32,
    },
    Message {
        n: u64,
        time: String,
        subject: String,
        data: String,
        answers: Option<Answers>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Answers {
    n: u64,
}

/// Reads a recording message by message; only one of them is in memory.
pub(crate) fn read(
    mut source: impl BufRead,
) -> Result<impl Iterator<Item = Result<Recorded, FileError>>, FileError> {
    let mut text = String::new();
    let mut number = 0;
    let mut next = move || -> Option<Result<(u64, Line), FileError>> {
        text.clear();
        number += 1;
        let line = number;
        match io::Read::take(&mut source, LONGEST).read_line(&mut text) {
            Ok(0) => None,
            Ok(_) if text.len() as u64 >= LONGEST => Some(Err(FileError::TooLong { line })),
            Ok(_) => {
                let parsed = serde_json::from_str(&text);
                Some(
                    parsed
                        .map(|parsed| (line, parsed))
                        .map_err(|source| FileError::Malformed { line, source }),
                )
            }
            Err(source) => Some(Err(FileError::Read { line, source })),
        }
    };
    match next() {
        Some(Ok((_, Line::Recording { version: VERSION }))) => {}
        Some(Ok((_, Line::Recording { version }))) => return Err(FileError::Version(version)),
        Some(Err(FileError::Read { line, source })) => return Err(FileError::Read { line, source }),
        _ => return Err(FileError::NotARecording),
    }
    let mut start: Option<SystemTime> = None;
    Ok(std::iter::from_fn(move || {
        loop {
            match next()? {
                Ok((line, Line::Message { n, time, subject, data, answers })) => {
                    let recorded = || {
                        let time = humantime::parse_rfc3339(&time)
                            .map_err(|_| FileError::Time { line, time: time.clone() })?;
                        let datum = BASE64.decode(data.as_bytes()).map_err(|_| FileError::Data { line })?;
                        let start = *start.get_or_insert(time);
                        let at = time.duration_since(start).unwrap_or_default();
                        let answers = answers.map(|answers| answers.n);
                        Ok(Recorded { n, at, subject, datum: datum.into(), answers })
                    };
                    return Some(recorded());
                }
                Ok((_, Line::Recording { .. } | Line::Other)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str =
        r#"{"type":"message","n":4,"time":"2026-01-31T12:00:00.5Z","subject":"a","data":"AAE=","new":1}"#;

    fn all(text: &str) -> Result<Vec<Recorded>, FileError> {
        read(text.as_bytes())?.collect()
    }

    #[test]
    fn messages_come_with_their_time_and_the_rest_is_passed_over() {
        let answer = r#"{"type":"message","n":5,"time":"2026-01-31T12:00:01Z","subject":"b","data":"","answers":{"n":4}}"#;
        let text = format!("{}{MESSAGE}\n{{\"type\":\"missed\",\"count\":3}}\n{answer}\n", heading());
        let read = all(&text).unwrap();
        assert_eq!((read[0].n, &read[0].datum[..], read[0].at), (4, &[0, 1][..], Duration::ZERO));
        assert_eq!((read[1].answers, read[1].at), (Some(4), Duration::from_millis(500)));
    }

    #[test]
    fn what_is_no_recording_is_told_with_the_line() {
        let told = |text: &str| all(text).unwrap_err().to_string();
        assert!(told("").starts_with("this is not a recording"));
        assert!(told(MESSAGE).starts_with("this is not a recording"));
        assert_eq!(
            told(r#"{"type":"recording","version":2}"#),
            "this is a recording of version 2; this kaa reads version 1"
        );
        assert!(told(&format!("{}no\n", heading())).starts_with("line 2 is not what"));
        let cut = format!("{}{}", heading(), MESSAGE.replace("AAE=", "A"));
        assert_eq!(told(&cut), "line 2: data is not base64");
        let late = format!("{}{}", heading(), MESSAGE.replace("2026-01-31T", "x"));
        assert!(told(&late).starts_with("line 2: \"x12:00:00.5Z\" is no time"));
    }
}
