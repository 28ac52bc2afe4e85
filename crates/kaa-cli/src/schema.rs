//! `kaa schema`: what becomes of messages when their schema changes.

mod compare;
mod files;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use crate::terminal::tell_error;
use files::pairs;

/// Look after Avro schemas.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Check),
}

/// Compare two schemas, or two directories of them, by the rules of Avro for readers and writers.
///
/// Backward: NEW reads what OLD has written. Forward: OLD reads what NEW writes. Files (.avsc) in directories belong
/// together by their paths; one that is only in OLD is an incompatibility.
///
/// The rules are those for a reader who knows the schema of the writer. On the bus of Kaa a datum does not tell its
/// schema, so there the fields of OLD have to be the first fields of NEW as well; a line about the wire says whether
/// they are. It does not change the exit code without --wire.
///
/// Exit code: 0 when they are compatible, 1 when they are not, 2 when a file cannot be read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa schema check old/ConfigUpdated.avsc ConfigUpdated.avsc
  kaa schema check released/schemas schemas --mode backward")]
struct Check {
    /// The schema, or the directory, as it was
    old: PathBuf,
    /// As it is now
    new: PathBuf,
    /// What has to be possible
    #[arg(long, value_enum, default_value = "full")]
    mode: Mode,
    /// On the wire, too: the fields of OLD are the first fields of NEW
    #[arg(long)]
    wire: bool,
}

/// What has to be possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// NEW reads what OLD has written
    Backward,
    /// OLD reads what NEW writes
    Forward,
    /// Both
    Full,
}

impl Schema {
    pub(crate) fn run(&self) -> ExitCode {
        let Command::Check(check) = &self.command;
        match pairs(&check.old, &check.new) {
            Ok(pairs) => report::print(&pairs, check.mode, check.wire),
            Err(error) => {
                tell_error("schema check", &error);
                ExitCode::from(2)
            }
        }
    }
}
