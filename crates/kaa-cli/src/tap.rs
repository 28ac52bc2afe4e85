//! `kaa tap`: everything on the bus, decoded.

mod conditions;
pub(crate) mod human;
mod ndjson;
mod undecoded;

pub(crate) use conditions::Conditions;

pub(crate) use ndjson::Format;

use std::io::stdout;
use std::process::ExitCode;

use clap::Args;
use kaa_tap::Happened;

use crate::connection::Connection;
use crate::terminal::{Output, Paint, tell, tell_error};
use crate::watch::{Watch, WatchError};

/// Show every message on the bus: what it is, for whom, and what it says.
///
/// Requests and their answers are shown with each other's number and the time between. FILTER is a subject in which `*`
/// stands for one token and a last `>` for the rest; with filters, messages that match one of them are shown, and the
/// answers to them wherever they go. All conditions have to hold.
///
/// While a tap listens, nats-server counts it as somebody who serves what it hears: whoever asks a service that is not
/// there waits for the deadline then, instead of being told at once.
///
/// Exit code: 0 when it ends by ctrl-c, --count or --for; 5 when NATS or the configuration fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa tap                                      everything
  kaa tap --service dcx --endpoint sensor-1    what one device says to one service, and hears
  kaa tap --errors                             what fails, and what nobody answers
  kaa tap 'kaa.v1.events.>' --json | jq .fields")]
pub(crate) struct Tap {
    #[command(flatten)]
    conditions: Conditions,
    /// Print one JSON object a message (docs/kaa.md says what is in it)
    #[arg(long)]
    json: bool,
    /// With --json: the bytes of each message as well, in base64, as data
    #[arg(long, requires = "json")]
    raw: bool,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    connection: Connection,
}

impl Tap {
    pub(crate) async fn run(self) -> ExitCode {
        match self.listen().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tell_error("tap", &error);
                ExitCode::from(5)
            }
        }
    }

    async fn listen(self) -> Result<(), WatchError> {
        let paint = Paint::on(&stdout());
        let json = self.json.then_some(Format { raw: self.raw });
        let render = move |happened: &Happened| match json {
            Some(format) => format.line(happened),
            None => human::text(happened, paint),
        };
        let watching = self.watch.open("tap", &self.connection, self.conditions.into()).await?;
        let summary = watching.write(Output::to(stdout()), None, render).await?;
        tell("tap", &summary);
        Ok(())
    }
}
