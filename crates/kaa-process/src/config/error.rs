//! Why a configuration cannot be used.

use std::fmt;
use std::path::PathBuf;

use super::Origin;
use super::refused::Refused;
use crate::error::Chain;

/// A configuration that cannot be used. The content of a file is never part of it, nor is a secret.
///
/// Its `Debug` output is for people, because a `main` that returns this error prints it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path:?} ({named_by}) cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What named it: `KAA_CONFIG` or `--config`.
        named_by: &'static str,
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
    #[error("{}{} is not valid: {problem}", kind(name), value.as_ref().map(|value| format!("={value:?}")).unwrap_or_default())]
    Value {
        /// The variable, or the flag with its dashes.
        name: String,
        /// Its value, where that may be repeated.
        value: Option<String>,
        /// What is wrong with it.
        problem: String,
    },
    /// A variable that is none, but is called almost like one.
    #[error(
        "there is no environment variable {name}; did you mean {meant}? if it is for another program, set {meant}, too, \
         or the entry {entry}"
    )]
    UnknownVariable {
        /// The variable that is set.
        name: String,
        /// The one that is not.
        meant: String,
        /// The entry of that one.
        entry: String,
    },
    /// Something on the command line is not understood.
    #[error("{0}")]
    CommandLine(String),
    /// What is set is right, but does not make a configuration.
    #[error("the configuration is not complete: {0}")]
    Incomplete(String),
}

impl ConfigError {
    /// What is wrong with the entries, in the words that go with its place.
    pub(super) fn of(refused: &Refused) -> Self {
        match refused.origin.as_ref() {
            Some(Origin::File { path, line }) => {
                Self::Invalid { path: path.to_path_buf(), line: *line, message: refused.in_file() }
            }
            Some(Origin::Variable(name) | Origin::Flag(name)) => Self::Value {
                name: name.to_string(),
                value: refused.given.clone(),
                problem: refused.in_word(),
            },
            Some(Origin::Default) | None => Self::Incomplete(refused.in_file()),
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}

fn kind(name: &str) -> String {
    format!("{} {name}", if name.starts_with('-') { "flag" } else { "environment variable" })
}
