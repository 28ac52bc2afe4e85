//! `demo`: a whole little platform in one process.

use std::process::ExitCode;

use clap::Parser;
use demo::{DemoError, Options, Transcript};
use kaa_ext::{logs, signals};

#[tokio::main]
async fn main() -> Result<ExitCode, DemoError> {
    let options = Options::parse();
    // What goes on is in the transcript; the logs are for what goes wrong.
    logs::log_to_stderr_from(tracing::Level::WARN);
    let transcript = Transcript::stdout();
    let summary = signals::run(async |stop| demo::run(&options, &transcript, stop).await).await??;
    Ok(if summary.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
