//! Why a payload is not what its resource takes.

use std::fmt::Display;

use super::Kind;

/// A payload that is not what its resource takes. The message is meant for the device: it names the
/// payload, the place, and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {}: {problem}; expected {}", .kind.name, .kind.expected)]
pub struct PayloadError {
    kind: Kind,
    problem: String,
    is_too_much: bool,
}

impl PayloadError {
    /// The longest part of a problem that is kept, in characters. serde quotes the field or the
    /// string it does not like, whatever its length.
    const QUOTED: usize = 160;

    #[cold]
    pub(crate) fn new(kind: Kind, problem: impl Display) -> Self {
        Self { kind, problem: problem.to_string(), is_too_much: false }
    }

    /// Nothing is wrong with it but how much it is.
    pub(crate) fn too_much(self) -> Self {
        Self { is_too_much: true, ..self }
    }

    #[cold]
    pub(super) fn from_serde(kind: Kind, error: &serde_json::Error) -> Self {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let text = error.to_string();
        let problem = text.strip_suffix(&place).unwrap_or(&text);
        let cut = problem.char_indices().nth(Self::QUOTED).and_then(|(end, _)| problem.get(..end));
        let ellipsis = if cut.is_some() { "…" } else { "" };
        Self::new(kind, printable(cut.unwrap_or(problem)) + ellipsis + &place)
    }

    /// Whether it has more of something than is taken at once, and would do in parts: a batch with too many
    /// samples.
    pub fn is_too_much(&self) -> bool {
        self.is_too_much
    }

    /// The payload it was meant to be, with its RFC: `a 7/CMP config request`.
    pub fn payload(&self) -> &'static str {
        self.kind.name
    }
}

/// The text, so that it cannot break a log line or steer a terminal.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { printable.extend(c.escape_default()) } else { printable.push(c) }
    }
    printable
}

#[cfg(test)]
mod tests {
    use crate::cmp::ConfigRequest;
    use crate::json::JsonPayload;

    #[test]
    fn a_huge_field_is_quoted_only_in_part() {
        let payload = format!(r#"{{"{}": 1}}"#, "é".repeat(100_000));
        let error = ConfigRequest::from_json(payload.as_bytes()).unwrap_err().to_string();
        assert!(error.len() < 600, "{error}");
        assert!(error.contains("at line 1 column 200003;"), "{error}");
    }

    #[test]
    fn a_field_cannot_write_into_the_log() {
        let error = ConfigRequest::from_json(br#"{"a\r\nERROR \u001b[2J": 1}"#).unwrap_err();
        assert!(!error.to_string().contains(char::is_control));
        assert_eq!(error.payload(), "a 7/CMP config request");
    }
}
