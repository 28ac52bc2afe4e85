//! An error with all its causes, as a `main` shows it.

use std::error::Error;
use std::fmt;

/// Prints an error and its causes, each on a line of its own; with `{:#}` all on one line.
///
/// What a `main` returns is printed by its `Debug`. An error whose `Debug` is this one is for people:
///
/// ```
/// use std::fmt;
///
/// use kaa_process::error::Chain;
///
/// #[derive(thiserror::Error)]
/// enum RunError {
///     #[error("the store cannot be opened")]
///     Store(#[from] std::io::Error),
/// }
///
/// impl fmt::Debug for RunError {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         fmt::Display::fmt(&Chain(self), f)
///     }
/// }
///
/// let error = RunError::Store(std::io::Error::other("the disk is full"));
/// assert_eq!(format!("{error:?}"), "the store cannot be opened\n  because the disk is full");
/// assert_eq!(format!("{error:#?}"), "the store cannot be opened: the disk is full");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(pub &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if f.alternate() { ": " } else { "\n  because " };
        let mut text = self.0.to_string();
        f.write_str(&text)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            // Some libraries repeat the cause in the text of the error.
            if !text.ends_with(&cause.to_string()) {
                text = cause.to_string();
                write!(f, "{between}{text}")?;
            }
            source = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Outer {
        text: &'static str,
        source: io::Error,
    }

    fn chain(text: &'static str) -> String {
        Chain(&Outer { text, source: io::Error::other("inner") }).to_string()
    }

    #[test]
    fn every_cause_has_its_line() {
        assert_eq!(chain("outer"), "outer\n  because inner");
    }

    #[test]
    fn a_cause_that_the_error_repeats_is_not_said_twice() {
        assert_eq!(chain("outer: inner"), "outer: inner");
    }
}
