//! `kaa`: the command line for people who write Kaa extensions.
//!
//! | command | what it does |
//! |---|---|
//! | `kaa bench` | how fast an extension answers |
//! | `kaa call` | asks an extension as a communication service would: curl for extensions |
//! | `kaa dev` | runs an extension behind a communication service, and again whenever it is saved |
//! | `kaa doctor` | checks the way to NATS and to services |
//! | `kaa emit` | announces an event, as a service would |
//! | `kaa ls` | lists the services on the bus |
//! | `kaa new` | makes a new extension |
//! | `kaa schema check` | compares Avro schemas by the rules for readers and writers |
//! | `kaa tap` | shows every message on the bus, decoded |
//! | `kaa record` | the same into a file |
//! | `kaa replay` | sends the requests of such a file again, and compares the answers |
//! | `kaa completions`, `kaa man` | for the shell, and for man |
//! | `kaa permissions` | prints what a service has to be permitted on NATS |

mod arguments;
mod bench;
mod call;
mod completions;
mod connection;
mod dev;
mod doctor;
mod emit;
mod ls;
mod moment;
mod new;
mod permissions;
mod record;
mod replay;
mod schema;
mod tap;
mod terminal;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Tools for people who write Kaa extensions.
#[derive(Debug, Parser)]
#[command(name = "kaa", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(bench::Bench),
    Call(call::Call),
    Permissions(permissions::Permissions),
    Dev(dev::Dev),
    Doctor(doctor::Doctor),
    Emit(emit::Emit),
    Ls(ls::Ls),
    New(new::New),
    Schema(schema::Schema),
    Tap(tap::Tap),
    Record(record::Record),
    Replay(replay::Replay),
    Completions(completions::Completions),
    Man(completions::Man),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Bench(bench) => bench.run().await,
        Command::Call(call) => call.run().await,
        Command::Permissions(permissions) => permissions.run(),
        Command::Dev(dev) => dev.run().await,
        Command::Doctor(doctor) => doctor.run().await,
        Command::Emit(emit) => emit.run().await,
        Command::Ls(ls) => ls.run().await,
        Command::New(new) => new.run(),
        Command::Schema(schema) => schema.run(),
        Command::Tap(tap) => tap.run().await,
        Command::Record(record) => record.run().await,
        Command::Replay(replay) => replay.run().await,
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &clap::Command) {
        if command.get_name() == "help" {
            return;
        }
        let mut is_group = false;
        for inner in command.get_subcommands() {
            is_group = true;
            check(inner);
        }
        let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(is_group || example.contains("kaa "), "{} has no example", command.get_name());
    }

    #[test]
    fn every_command_is_put_together_right_and_has_an_example() {
        Cli::command().debug_assert();
        check(&Cli::command());
    }
}
