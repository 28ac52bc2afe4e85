//! `kaa permissions`: what a service has to be permitted on NATS.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::terminal::tell;

/// Print the least permissions of a service on NATS, for its user in the configuration of nats-server.
///
/// The service is asked itself (`PROGRAM permissions`), because it knows what it is made of. It reads its
/// configuration as it would to serve: the names in it, and its settings, decide. Nothing is started, and neither
/// NATS nor a database has to be there.
///
/// Exit code: that of the program, 2 when it cannot be executed.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  kaa permissions ./target/release/dcx > dcx.conf")]
pub(crate) struct Permissions {
    /// The program of the service: a path, or a name on the PATH
    program: PathBuf,
    /// Print JSON instead
    #[arg(long)]
    json: bool,
}

impl Permissions {
    pub(crate) fn run(self) -> ExitCode {
        let mut command = Command::new(&self.program);
        command.arg("permissions");
        if self.json {
            command.arg("--json");
        }
        match command.status() {
            Ok(status) => status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from),
            Err(error) => {
                let program = self.program.display();
                let fix = "name the program of a service, such as ./dcx";
                tell("permissions", &format!("{program} cannot be executed: {error}; {fix}"));
                ExitCode::from(2)
            }
        }
    }
}
