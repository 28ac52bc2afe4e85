//! `kaa-kpc`: the communication service as a program.

#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

mod main {
    pub(crate) mod arguments;
    pub(crate) mod metrics;
    pub(crate) mod passwords;
    pub(crate) mod run;
}

use clap::Parser;
use main::arguments::{Arguments, Command};
use main::{passwords, run};

fn main() -> Result<(), run::RunError> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::HashPassword) => Ok(passwords::hash()?),
        Some(Command::Permissions { json }) => run::print_permissions(&arguments, json),
        None => run::run(&arguments),
    }
}
