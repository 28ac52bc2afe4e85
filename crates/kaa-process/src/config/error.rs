//! Why a configuration cannot be used.

use std::fmt;
use std::path::PathBuf;

use crate::error::Chain;

/// A configuration that cannot be used. The content of a file is never part of it.
///
/// Its `Debug` output is for people, because a `main` that returns this error prints it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path:?} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a configuration.
    #[error("configuration file {path:?}, line {line}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        message: String,
    },
    /// A variable of the environment, or a flag, has a value it cannot have.
    #[error("{} {name}={value:?} is not valid: expected {expected}", kind(name))]
    Variable {
        /// The variable, or the flag with its dashes.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}

fn kind(name: &str) -> &'static str {
    if name.starts_with('-') { "flag" } else { "environment variable" }
}
