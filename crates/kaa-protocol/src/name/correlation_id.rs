//! The thread through one exchange.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{MAX_NAME_LEN, NameError, Problem};

/// The correlation ID of a message (3/ISM): whatever the sender chose, echoed in the answer.
///
/// Two rules meet here. An ID that *we* create is parsed from text and has to be printable. An ID
/// that *arrived* is taken as it is ([`received`](Self::received)): the sender matches its answers
/// by it, so it goes back byte for byte, however odd; only its length is limited. [`Display`]
/// escapes control characters, so that an odd ID cannot write its own lines into a log;
/// [`as_str`](Self::as_str) is the exact text, for the wire.
///
/// [`Display`]: fmt::Display
///
/// ```
/// use kaa_protocol::name::CorrelationId;
///
/// let ours: CorrelationId = "07d78e95-2c4d-4899-957c-b9e5a3701fbb".parse()?;
/// assert!("two\nlines".parse::<CorrelationId>().is_err());
///
/// let theirs = CorrelationId::received("two\nlines")?;
/// assert_eq!(theirs.as_str(), "two\nlines");
/// assert_eq!(theirs.to_string(), r"two\nlines");
/// # Ok::<(), kaa_protocol::name::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    const KIND: &str = "a correlation ID";

    /// An ID that arrived in a message.
    ///
    /// # Errors
    ///
    /// [`NameError`] when it is longer than [`MAX_NAME_LEN`] bytes.
    pub fn received(text: &str) -> Result<Self, NameError> {
        if text.len() > MAX_NAME_LEN {
            let problem = Problem::TooLong(text.len());
            return Err(NameError::new(Self::KIND, "at most 128 bytes", text, problem));
        }
        Ok(Self(text.into()))
    }

    /// The ID exactly as it goes over the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An ID made here.
impl FromStr for CorrelationId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let expected = "1 to 128 bytes without control characters";
        let problem = if text.is_empty() {
            Problem::Empty
        } else if let Some((at, c)) = text.char_indices().find(|(_, c)| c.is_control()) {
            Problem::Character(c, at)
        } else {
            return Self::received(text);
        };
        Err(NameError::new(Self::KIND, expected, text, problem))
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CorrelationId({:?})", self.as_str())
    }
}

impl AsRef<str> for CorrelationId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_ours_is_printable() {
        assert!("07d78e95 ü".parse::<CorrelationId>().is_ok());
        for text in ["", "a\0", "a\r\n", "a\u{85}", &"x".repeat(129)] {
            assert!(text.parse::<CorrelationId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_received_id_is_kept_as_it_came() {
        for text in ["", "a\0b", "\u{1b}[31m", &"x".repeat(128)] {
            assert_eq!(CorrelationId::received(text).unwrap().as_str(), text);
        }
        assert!(CorrelationId::received(&"x".repeat(129)).is_err());
    }

    #[test]
    fn an_odd_id_cannot_write_into_a_log() {
        let id = CorrelationId::received("a\r\nERROR \u{1b}[2J\u{9b}").unwrap();
        assert_eq!(id.to_string(), r"a\r\nERROR \u{1b}[2J\u{9b}");
    }
}
