//! `kaa ls`: which services there are.

mod listed;

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kaa_ext::bus::SubscribeError;
use kaa_tap::{Questions, Verb};

use crate::arguments::duration;
use crate::connection::{Connection, ConnectionError};
use crate::terminal::{tell, tell_error};
use listed::Listed;

/// How many replicas are listed.
const MOST: usize = 10_000;

/// List the services on the bus, with their replicas, and what each function was asked for and how that went.
///
/// Every extension answers the service API of NATS (ADR-32), and so do other services that have it. One that was written
/// by hand, or has discovery switched off, is not listed: ask `kaa doctor --service NAME`.
///
/// Exit code: 0; 3 when there is none; 5 when NATS or the configuration fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa ls
  kaa ls dcx --functions        the functions of one service
  kaa ls --json | jq -r .name   for programs")]
pub(crate) struct Ls {
    /// Only this service
    name: Option<String>,
    /// With the functions of each
    #[arg(long, short)]
    functions: bool,
    /// How long services may take to answer
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = duration)]
    wait: Duration,
    /// Print one JSON object a replica: its statistics in the service API of NATS
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Why nothing can be listed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("nobody can be asked")]
    Subscribe(#[from] SubscribeError),
}

impl Ls {
    pub(crate) async fn run(self) -> ExitCode {
        match self.list().await {
            Ok(listed) if listed.is_empty() => {
                tell(
                    "ls",
                    "no service has answered; one without discovery is not seen, `kaa doctor --service NAME` asks it",
                );
                ExitCode::from(3)
            }
            Ok(listed) => {
                let text = if self.json { listed.lines() } else { listed.table(self.functions) };
                // Nobody who reads it any more is nobody to tell.
                let _ = stdout().write_all(text.as_bytes());
                ExitCode::SUCCESS
            }
            Err(error) => {
                tell_error("ls", &error);
                ExitCode::from(5)
            }
        }
    }

    async fn list(&self) -> Result<Listed, Failed> {
        let bus = self.connection.open("kaa ls").await?;
        let mut questions = Questions::open(&bus).await?;
        let said = questions.gather(Verb::Stats, self.wait, MOST).await;
        if questions.is_cut() {
            tell("ls", "there are more replicas than are listed: there was no room for all their answers");
        }
        Ok(Listed::new(said, self.name.as_deref()))
    }
}
