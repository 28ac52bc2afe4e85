//! Why text is not a 1/KP path.

use std::fmt;

use crate::name::NameError;

/// Text that is not the 1/KP path it was meant to be. The [`source`](std::error::Error::source) of
/// a bad level says which character it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    kind: &'static str,
    text: String,
    /// Boxed, so that a parsed path is not moved around in the space of a bad one.
    problem: Box<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("expected it to start with {0}")]
    Prefix(&'static str),
    #[error("the level of {0} is missing")]
    MissingLevel(&'static str),
    #[error("{0} is not one")]
    BadLevel(&'static str, NameError),
    #[error("expected it to end with /status or /error")]
    Outcome,
    #[error("{0:?} does not belong to a path")]
    Query(char),
    #[error("a '%' without two hexadecimal digits; expected %25 for the character itself")]
    BadEscape,
    #[error("an escaped {0:?}; expected it nowhere in a level")]
    HiddenCharacter(char),
    #[error("the escapes are not UTF-8")]
    NotUtf8,
}

impl PathError {
    /// The longest part of a rejected path that is quoted in the message, in bytes.
    const QUOTED: usize = 128;

    #[cold]
    pub(super) fn new(kind: &'static str, text: &str, problem: Problem) -> Self {
        let quoted = text.get(..text.floor_char_boundary(Self::QUOTED)).unwrap_or_default();
        Self { kind, text: quoted.to_owned(), problem: Box::new(problem) }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, text, problem } = self;
        write!(f, "{text:?} is not a 1/KP {kind}: {problem}")
    }
}

impl std::error::Error for PathError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.problem.as_ref() {
            Problem::BadLevel(_, error) => Some(error),
            _ => None,
        }
    }
}
