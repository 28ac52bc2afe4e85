//! Why text is not a name.

use std::fmt;

use super::{MAX_NAME_LEN, all_allowed};

/// Text that is not the name it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {kind}: {problem}; expected {expected}")]
pub struct NameError {
    kind: &'static str,
    expected: &'static str,
    text: String,
    problem: Problem,
}

/// The first thing that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Empty,
    TooLong(usize),
    NoLeadingSlash,
    Character(char, usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong(length) => write!(f, "it has {length} bytes"),
            Self::NoLeadingSlash => f.write_str("it does not start with '/'"),
            Self::Character(character, at) => write!(f, "{character:?} at byte {at} is not allowed"),
        }
    }
}

impl Problem {
    /// What is wrong with a name of 1 to [`MAX_NAME_LEN`] bytes that are `allowed`.
    #[cold]
    pub(crate) fn in_name(text: &str, allowed: &[bool; 256]) -> Self {
        if text.is_empty() {
            Self::Empty
        } else if text.len() > MAX_NAME_LEN {
            Self::TooLong(text.len())
        } else {
            Self::character(text, allowed)
        }
    }

    /// The first character of `text` whose bytes are not `allowed`: a byte that is refused inside a
    /// multi-byte character refuses the character.
    #[cold]
    pub(crate) fn character(text: &str, allowed: &[bool; 256]) -> Self {
        text.char_indices()
            .find(|(_, c)| !all_allowed(c.encode_utf8(&mut [0; 4]).as_bytes(), allowed))
            .map_or(Self::Empty, |(at, c)| Self::Character(c, at))
    }
}

impl NameError {
    /// The longest part of a rejected name that is quoted in the message, in bytes.
    const QUOTED: usize = 64;

    #[cold]
    pub(crate) fn new(kind: &'static str, expected: &'static str, text: &str, problem: Problem) -> Self {
        let quoted = text.get(..text.floor_char_boundary(Self::QUOTED)).unwrap_or_default();
        Self { kind, expected, text: quoted.to_owned(), problem }
    }

    #[cfg(test)]
    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }
}
