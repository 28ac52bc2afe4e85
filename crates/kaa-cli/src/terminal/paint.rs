//! Colours, where somebody sees them.

use std::fmt::{self, Display};
use std::io::IsTerminal;

use kaa_process::terminal::wants_colours;

/// Whether and how to colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    /// For what is printed to `stream`.
    pub(crate) fn on(stream: &impl IsTerminal) -> Self {
        Self { is_on: wants_colours(stream) }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { is_on: false };

    pub(crate) fn bold<T: Display>(self, value: T) -> Painted<T> {
        self.with("1", value)
    }

    pub(crate) fn dim<T: Display>(self, value: T) -> Painted<T> {
        self.with("2", value)
    }

    pub(crate) fn good<T: Display>(self, value: T) -> Painted<T> {
        self.with("32", value)
    }

    pub(crate) fn warning<T: Display>(self, value: T) -> Painted<T> {
        self.with("33", value)
    }

    pub(crate) fn bad<T: Display>(self, value: T) -> Painted<T> {
        self.with("31", value)
    }

    pub(crate) fn name<T: Display>(self, value: T) -> Painted<T> {
        self.with("36", value)
    }

    fn with<T: Display>(self, code: &'static str, value: T) -> Painted<T> {
        Painted { code: self.is_on.then_some(code), value }
    }
}

/// A value in a colour.
#[derive(Debug)]
pub(crate) struct Painted<T> {
    code: Option<&'static str>,
    value: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.value),
            None => self.value.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_ends_where_the_value_ends_and_plain_is_plain() {
        assert_eq!(Paint { is_on: true }.bad("no").to_string(), "\u{1b}[31mno\u{1b}[0m");
        assert_eq!(Paint::PLAIN.bad("no").to_string(), "no");
    }
}
