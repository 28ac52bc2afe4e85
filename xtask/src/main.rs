//! The development commands, the same for a person and for CI: `cargo xtask <command>`.
//!
//! | command | module | answers |
//! |---|---|---|
//! | `test` | [`test`](mod@test) | is this tree good? every check, in one go |
//! | `nats` | [`nats`] | where is a nats-server? installs one when there is none |
//! | `clients` | [`clients`] | where are the clients that play devices? installs those that are missing |
//! | `postgres` | [`postgres`] | where is a PostgreSQL? installs one when there is none |
//! | `bench` | [`bench`](mod@bench) | what do the SDK, the communication service and data collection cost beside the same by hand? |
//! | `chaos` | [`chaos`] | does anything get lost when processes are killed and frozen? |
//! | `instructions` | [`instructions`] | do the codec and the SDK still cost what they may cost? |
//! | `simulate` | [`simulate`] | does everything go right while everything goes wrong? more seeds, planted bugs |
//! | `lines` | [`lines`] | has a file grown into two ideas? |
//! | `deps` | [`deps`] | do the crates depend only on what they may? |
//! | `package` | [`package`] | can the crates be published? |
//!
//! Only the standard library is used: a fresh checkout has its commands after two seconds.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]
#![allow(
    clippy::disallowed_methods,
    reason = "it times what is run by hand, and has only the standard library"
)]

mod bench;
mod chaos;
mod clients;
mod debian;
mod deps;
mod failure;
mod instructions;
mod lines;
mod nats;
mod package;
mod postgres;
mod process;
mod python;
mod scratch;
mod simulate;
mod test;
mod valgrind;
mod workspace;

use std::env;
use std::process::ExitCode;

use failure::Failure;
use workspace::Workspace;

fn main() -> ExitCode {
    if let Some(code) = simulate::compile() {
        return code;
    }
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<(), Failure> {
    if arguments.is_empty() || arguments.iter().any(|argument| matches!(*argument, "help" | "--help" | "-h"))
    {
        println!("{}", help());
        return Ok(());
    }
    let workspace = Workspace::of_this_run()?;
    match arguments {
        ["test", options @ ..] => test::run(&workspace, &test::select(options)?),
        ["clients"] => clients::print(&workspace),
        ["nats"] => nats::print(&workspace),
        ["postgres"] => postgres::print(),
        ["bench", "sdk"] => bench::sdk::compare(&workspace, None),
        ["bench", "sdk", "--rounds", rounds] => bench::sdk::compare(&workspace, Some(rounds)),
        ["bench", "sdk", table] if bench::sdk::TABLES.contains(table) => {
            bench::sdk::table(&workspace, table, None)
        }
        ["bench", "sdk", table, "--rounds", rounds] if bench::sdk::TABLES.contains(table) => {
            bench::sdk::table(&workspace, table, Some(rounds))
        }
        ["bench", "kpc"] => bench::kpc(&workspace),
        ["bench", "dcx"] => bench::dcx(&workspace),
        ["chaos", options @ ..] => chaos::run(&workspace, &chaos::select(options)?),
        ["instructions"] => instructions::run(&workspace),
        ["instructions", "sdk"] => instructions::sdk::run(&workspace),
        ["simulate", options @ ..] => simulate::run(&workspace, &simulate::options(options)?),
        ["lines"] => lines::run(&workspace),
        ["deps"] => deps::run(&workspace),
        ["package"] => package::check(&workspace),
        ["package", "--verify"] => package::run(&workspace, true),
        _ => Err(Failure::new(
            format!("`{}` is not a command of xtask.", arguments.join(" ")),
            "`cargo xtask help` lists the commands and their options.",
        )),
    }
}

fn help() -> String {
    let steps: String =
        test::STEPS.iter().map(|step| format!("\n      {:<13}{}", step.name, step.purpose)).collect();
    format!(
        "cargo xtask <command>

  test [--only STEP]...   every check of this tree, in this order; stops at the first failure:{steps}
  nats                    print the path of a nats-server; installs one when there is none
  clients                 print the directory of the clients of other people; installs what is missing
  postgres                print the directory of a PostgreSQL; installs one when there is none
  bench sdk [--rounds N]  cost of an extension beside bare async-nats and beside others, as a table and as JSON
  bench sdk variants|shards|concurrency [--rounds N]
                          what async-nats offers beside its defaults, a second thread beside one, requests at the
                          same time beside one after another
  bench kpc               cost of the communication service beside a bare NATS client, as a table
  bench dcx               cost of collecting and storing samples beside the same flow by hand
  chaos [--minutes N] [--seed S]
                          kill and freeze the platform's processes until 100,000 batches are confirmed
  chaos --figures         what single faults of a nats-server cost those who ask, as a table
  chaos --drain           rolling restarts under load beside those of bare async-nats, as a table
  chaos --overload        ten times as many requests as an extension can handle, as a table
  instructions            cost of the codec per message under valgrind, beside its limits
  instructions sdk        the same of an extension, beside what was reached before and the goals
  simulate [--seeds N] [--from S] [--plants]
                          the simulation with more seeds, or with the bugs it has to find
  lines                   source files that are too long
  deps                    dependencies that should not be there
  package [--verify]      make the packages of all crates, or compile them as well

  NATS_SERVER     the nats-server to use, instead of the first one on PATH
  KAA_POSTGRES    the directory of the PostgreSQL to use, instead of Debian's
  KAA_TOOLS_DIR   where it and the clients are installed, instead of target/tools"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_step() {
        let help = help();
        for step in &test::STEPS {
            assert!(
                help.contains(&format!("\n      {} ", step.name)),
                "{} is missing in:\n{help}",
                step.name
            );
        }
    }

    #[test]
    fn an_unknown_command_is_named_and_help_is_offered() {
        let failure = dispatch(&["tset", "--only", "docs"]).unwrap_err().to_string();
        assert!(failure.contains("`tset --only docs`"), "{failure}");
        assert!(failure.contains("cargo xtask help"), "{failure}");
    }

    #[test]
    fn a_command_without_options_refuses_them() {
        let failure = dispatch(&["lines", "--all"]).unwrap_err().to_string();
        assert!(failure.contains("`lines --all`"), "{failure}");
    }
}
