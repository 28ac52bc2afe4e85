//! Where a value comes from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where the value of an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody has set it.
    Default,
    /// A line of the file, from 1.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line.
        line: u64,
    },
    /// A variable of the environment, by its name.
    Variable(Arc<str>),
    /// A flag, by its name with dashes.
    Flag(Arc<str>),
}

impl Origin {
    /// Whether what stands there may be repeated in an error: a file has secrets beside it, and its line is found
    /// without.
    pub(super) fn may_be_quoted(&self) -> bool {
        matches!(self, Self::Variable(_) | Self::Flag(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
