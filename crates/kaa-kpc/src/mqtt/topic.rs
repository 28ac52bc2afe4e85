//! Topic names and topic filters (section 4.7 of both specifications).

mod error;
mod filter;

use std::fmt;

use bytestring::ByteString;

pub use error::TopicError;
pub use filter::TopicFilter;

/// The longest text on the wire, in bytes.
pub(super) const MAX_TEXT_LEN: usize = u16::MAX as usize;

/// The name of a topic that something is published to.
///
/// At least one character, at most 65,535 bytes, no wildcard, no U+0000. Control characters are not
/// taken either: a receiver may refuse them, and they have no place in a name that ends up in
/// a log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicName(ByteString);

impl TopicName {
    /// Checks a topic name.
    ///
    /// # Errors
    ///
    /// Those of [`TopicError`] that are about names.
    pub fn new(text: impl Into<ByteString>) -> Result<Self, TopicError> {
        let text = text.into();
        check_name(&text)?;
        Ok(Self(text))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as text that shares its buffer.
    pub fn into_text(self) -> ByteString {
        self.0
    }

    /// A copy with a buffer of its own.
    pub(super) fn detached(&self) -> Self {
        Self(ByteString::from(self.as_str()))
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text is a topic name.
pub(super) fn check_name(text: &str) -> Result<(), TopicError> {
    if is_plain(text) && (1..=MAX_TEXT_LEN).contains(&text.len()) {
        return Ok(());
    }
    check_characters(text)?;
    match text.bytes().find(|byte| matches!(byte, b'+' | b'#')) {
        Some(wildcard) => Err(TopicError::Wildcard(char::from(wildcard))),
        None => Ok(()),
    }
}

/// Whether no byte needs a second look. Every PUBLISH has a name to check; without an early end the
/// compiler looks at 16 bytes at once.
fn is_plain(text: &str) -> bool {
    !text.bytes().fold(false, |odd, byte| odd | matches!(byte, 0..0x20 | 0x7f | b'+' | b'#' | 0xc2))
}

/// What names and filters have in common.
fn check_characters(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > MAX_TEXT_LEN {
        return Err(TopicError::TooLong(text.len()));
    }
    let mut before = 0;
    for byte in text.bytes() {
        match byte {
            0 => return Err(TopicError::NullCharacter),
            0x01..0x20 | 0x7f => return Err(TopicError::ControlCharacter(byte)),
            // U+0080 to U+009F.
            0x80..0xa0 if before == 0xc2 => return Err(TopicError::ControlCharacter(byte)),
            _ => before = byte,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_they_are() {
        for name in ["a", "/", "//", "a/b/", " ", "$SYS/x", "$share/a/b", "\u{feff}a", "å/日本/𪛔"] {
            assert_eq!(TopicName::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_have_no_wildcards_and_no_control_characters() {
        for (name, error) in [
            ("", TopicError::Empty),
            ("a/+", TopicError::Wildcard('+')),
            ("a#", TopicError::Wildcard('#')),
            ("a\0", TopicError::NullCharacter),
            ("a\n", TopicError::ControlCharacter(0x0a)),
            ("\u{7f}", TopicError::ControlCharacter(0x7f)),
            ("a\u{9f}", TopicError::ControlCharacter(0x9f)),
        ] {
            assert_eq!(TopicName::new(name), Err(error), "{name:?}");
        }
        let longest = "x".repeat(MAX_TEXT_LEN);
        assert!(TopicName::new(longest.clone()).is_ok());
        assert_eq!(TopicName::new(longest + "x"), Err(TopicError::TooLong(MAX_TEXT_LEN + 1)));
    }
}
