//! `kaa replay`: the requests of a recording, once more.

mod compare;
mod run;
mod speed;

use std::fs::File;
use std::io::{BufReader, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kaa_ext::bus::{PublishError, SubscribeError};
use kaa_ext::protocol::name::NameError;
use kaa_tap::wire::EncodeError;

use crate::arguments::duration;
use crate::connection::{Connection, ConnectionError};
use crate::record::file::{self, FileError};
use crate::terminal::{Paint, Progress, tell, tell_error};
use run::Replayer;
use speed::Speed;

/// Send the requests of a recording again, as a communication service would.
///
/// These are the requests of devices (4/ESP and 4/ECS2EXT), with a new correlation ID and the time of now; what
/// services say to each other because of them is up to the services. A request is sent when the answers are in that
/// came before it in the recording, so that what depends on each other stays in order at any speed.
///
/// With --verify, status and payload of each answer are compared with those recorded. Payloads that are JSON are
/// compared by value.
///
/// Exit code: 0 when everything was sent (and with --verify answered as recorded), 1 when an answer differs, does not
/// come or cannot be compared, or there is none to compare, 2 when the file cannot be read, 5 when NATS or the
/// configuration fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa replay dcx.ndjson                      at the pace it was recorded at
  kaa replay dcx.ndjson --speed max --verify --ignore /timestamp")]
pub(crate) struct Replay {
    /// A file of kaa record
    file: PathBuf,
    /// How many times faster than recorded, or max
    #[arg(long, default_value = "1", value_name = "N|max")]
    speed: Speed,
    /// Compare the answers with those recorded
    #[arg(long)]
    verify: bool,
    /// Do not compare what is at this JSON pointer in the payloads, such as /timestamp; may be repeated
    #[arg(long, value_name = "POINTER", requires = "verify")]
    ignore: Vec<String>,
    /// How long to wait for each answer; the requests expire then
    #[arg(long, short, default_value = "5s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    connection: Connection,
}

/// Why it was not sent to the end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error("{path:?} cannot be read")]
    Open { path: PathBuf, source: std::io::Error },
    #[error("{path:?}: {source}")]
    File { path: PathBuf, source: FileError },
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("no way back for the answers")]
    Subscribe(#[from] SubscribeError),
    #[error("request #{n} was not sent")]
    Publish { n: u64, source: PublishError },
    #[error("request #{n} cannot be encoded again")]
    Encode { n: u64, source: EncodeError },
    #[error("the connection was closed before all answers were in")]
    Closed,
}

impl Replay {
    pub(crate) async fn run(self) -> ExitCode {
        match self.replay().await {
            Ok(code) => code,
            Err(error) => {
                tell_error("replay", &error);
                match error {
                    ReplayError::Open { .. } | ReplayError::File { .. } => ExitCode::from(2),
                    _ => ExitCode::from(5),
                }
            }
        }
    }

    async fn replay(self) -> Result<ExitCode, ReplayError> {
        let path = || self.file.clone();
        let opened = File::open(&self.file).map_err(|source| ReplayError::Open { path: path(), source })?;
        let messages = file::read(BufReader::new(opened));
        let messages = messages.map_err(|source| ReplayError::File { path: path(), source })?;
        let bus = self.connection.open("kaa replay").await?;
        let mut replayer = Replayer::new(bus, self.timeout, self.speed).await?;
        let (mut compared, mut differing) = (0_u64, 0_u64);
        let mut progress = Progress::new();
        for message in messages {
            progress.show(|| replayer.tally());
            let message = message.map_err(|source| ReplayError::File { path: path(), source })?;
            let Some(pair) = replayer.take(message).await? else { continue };
            compared += 1;
            if self.verify
                && let Some(difference) = compare::difference(&pair, &self.ignore)
            {
                differing += 1;
                // Nobody reads standard output any more; the exit code is still told.
                let _ = write!(stdout(), "{}", difference.text(Paint::on(&stdout())));
            }
        }
        drop(progress);
        let uncompared = replayer.uncompared;
        let tally = replayer.finish().await;
        if !self.verify {
            tell("replay", &tally);
            return Ok(ExitCode::SUCCESS);
        }
        tell("replay", &format!("{tally}; of {compared} answers compared, {differing} differ"));
        if compared == 0 {
            // A test that compares nothing would pass for ever.
            tell(
                "replay",
                "the recording has no answers to compare; record requests of devices with their answers",
            );
        }
        let is_same = compared > 0 && differing == 0 && uncompared == 0;
        Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
