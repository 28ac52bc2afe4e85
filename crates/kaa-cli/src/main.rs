//! `kaa`: the command line for people who write Kaa extensions.
//!
//! | command | what it does |
//! |---|---|
//! | `kaa call` | asks an extension as a communication service would: curl for extensions |
//! | `kaa permissions` | prints what a service has to be permitted on NATS |

mod call;
mod permissions;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for people who write Kaa extensions.
#[derive(Debug, Parser)]
#[command(name = "kaa", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Call(call::Call),
    Permissions(permissions::Permissions),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Call(call) => call.run().await,
        Command::Permissions(permissions) => permissions.run(),
    }
}
