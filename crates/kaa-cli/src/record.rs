//! `kaa record`: traffic into a file.

pub(crate) mod file;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::connection::Connection;
use crate::tap::{Conditions, Format};
use crate::terminal::{Output, Progress, tell, tell_error};
use crate::watch::{Watch, WatchError};

/// Record what is on the bus, for kaa replay or for later.
///
/// The file has one JSON object a line: those of `kaa tap --json --raw`, behind a first one that says what it is.
/// It ends by ctrl-c, --count or --for. An existing file is not overwritten without --force.
///
/// Exit code: 0 when everything that was shown is in the file, 2 when the file cannot be written, 5 when NATS or the
/// configuration fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa record dcx.ndjson --service dcx --for 1m    a minute of what goes to dcx, with the answers
  kaa replay dcx.ndjson --verify                  the same again, and does it answer the same?")]
pub(crate) struct Record {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    conditions: Conditions,
    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    connection: Connection,
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
enum RecordError {
    #[error("{path:?} exists; take another name, or --force to overwrite it")]
    Exists { path: PathBuf },
    #[error("{path:?} cannot be written")]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Watch(#[from] WatchError),
}

impl Record {
    pub(crate) async fn run(self) -> ExitCode {
        match self.record().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tell_error("record", &error);
                match error {
                    RecordError::Exists { .. } | RecordError::File { .. } => ExitCode::from(2),
                    RecordError::Watch(_) => ExitCode::from(5),
                }
            }
        }
    }

    async fn record(self) -> Result<(), RecordError> {
        let path = self.file;
        // A file that is there is not touched while there is nothing to record.
        let watching = self.watch.open("record", &self.connection, self.conditions.into()).await?;
        let mut options = File::options();
        options.write(true).create(true).truncate(true).create_new(!self.force);
        let file = options.open(&path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => RecordError::Exists { path: path.clone() },
            _ => RecordError::File { path: path.clone(), source },
        })?;
        let output = Output::to(BufWriter::new(file));
        output.write(file::heading()).await;
        let line = |happened: &_| Format { raw: true }.line(happened);
        let written = watching.write(output, Some(Progress::new()), line).await;
        let summary = written.map_err(|error| match error {
            WatchError::Output(source) => RecordError::File { path: path.clone(), source },
            error => error.into(),
        })?;
        tell("record", &format!("{summary}, in {}", path.display()));
        Ok(())
    }
}
