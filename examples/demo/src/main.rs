//! `demo`: a whole little platform in one process.

use std::process::ExitCode;

use clap::Parser;
use demo::{DemoError, Options, Transcript};
use kaa_ext::logs;
use kaa_ext::signals::{Signals, SignalsError};
use tracing::Level;

#[tokio::main]
async fn main() -> Result<ExitCode, DemoError> {
    let options = Options::parse();
    // What goes on is in the transcript; the logs are for what goes wrong.
    // That rsx hides the death of one replica of many from its neighbours does not matter to the only one.
    logs::log_to_stderr_from(Level::WARN, &[("rsx", Level::ERROR)]);
    let transcript = Transcript::stdout();
    // Killed with its terminal, it would leave its databases behind.
    let signals = Signals::listen().and_then(Signals::with_hangup).map_err(SignalsError::Unavailable)?;
    let summary = signals.run(async |stop| demo::run(&options, &transcript, stop).await).await??;
    Ok(if summary.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
