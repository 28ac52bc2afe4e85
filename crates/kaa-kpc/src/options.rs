//! What is wrong with the wishes of an operator.

use std::fmt;

/// Options that cannot be followed, with all that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsError {
    what: &'static str,
    problems: Vec<String>,
}

impl OptionsError {
    /// `Ok` when there are no problems. Each of them names its entry and says what to do about it.
    pub(crate) fn check(what: &'static str, problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { what, problems }) }
    }

    /// One sentence for each problem.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} cannot be used:", self.what)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for OptionsError {}
