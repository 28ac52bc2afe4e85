//! `cargo xtask simulate`: the deterministic simulation for as long as one likes, and whether it finds what it
//! should.
//!
//! `docs/simulation.md` says what is simulated. The test command runs the first thousand seeds of each
//! scenario; this command runs any others.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// What is to be simulated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    seeds: u64,
    from: u64,
    plants: bool,
}

const USAGE: &str = "`cargo xtask simulate [--seeds N] [--from S]` runs N seeds of every scenario from S on, \
                     `cargo xtask simulate --plants` looks for the planted bugs.";

/// Set for the compiler of the planted bugs, which is this program around rustc.
const PLANTING: &str = "KAA_XTASK_PLANTING";

pub(crate) fn options(arguments: &[&str]) -> Result<Options, Failure> {
    let mut options = Options { seeds: 10_000, from: 0, plants: false };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let text = arguments.next().copied().unwrap_or_default();
            text.parse().map_err(|_| Failure::new(format!("{argument} is followed by {text:?}."), USAGE))
        };
        match *argument {
            "--seeds" => options.seeds = number()?,
            "--from" => options.from = number()?,
            "--plants" => options.plants = true,
            other => return Err(Failure::new(format!("`{other}` is not an option of simulate."), USAGE)),
        }
    }
    Ok(options)
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    // As the test command builds it: nothing is compiled twice.
    let mut simulation = workspace.cargo(["test", "--profile", "ci", "--workspace", "--test", "simulation"]);
    simulation.args(["--", "--nocapture"]);
    simulation.env("KAA_SIM_SEEDS", options.seeds.to_string());
    simulation.env("KAA_SIM_FROM", options.from.to_string());
    if options.plants {
        let this = env::current_exe().map_err(|error| {
            Failure::new(format!("The path of this program is unknown: {error}."), "Run it as `cargo xtask`.")
        })?;
        // Around the crates of the workspace only: what others wrote is not compiled again.
        simulation.env("RUSTC_WORKSPACE_WRAPPER", this).env(PLANTING, "1");
    }
    process::run(&mut simulation, "Above is the seed, and the command that replays it.")
}

/// The compiler with the planted bugs, if that is what this program was called for.
pub(crate) fn compile() -> Option<ExitCode> {
    env::var_os(PLANTING)?;
    let mut arguments = env::args_os().skip(1);
    let rustc = arguments.next().filter(|program| program.to_string_lossy().contains("rustc"))?;
    let arguments: Vec<OsString> = arguments.collect();
    let status = Command::new(rustc).args(arguments).args(["--cfg", "kaa_plant"]).status();
    let code = status.ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Some(ExitCode::from(code.unwrap_or(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_counted_from_where_one_says() {
        let plain = Options { seeds: 10_000, from: 0, plants: false };
        assert_eq!(options(&[]).unwrap(), plain);
        let some = options(&["--seeds", "5", "--from", "1000000"]).unwrap();
        assert_eq!(some, Options { seeds: 5, from: 1_000_000, ..plain });
        assert!(options(&["--plants"]).unwrap().plants);
    }

    #[test]
    fn what_is_no_number_or_no_option_is_named() {
        for (arguments, named) in
            [(&["--seeds", "many"][..], "many"), (&["--from"], "--from"), (&["-n"], "-n")]
        {
            let failure = options(arguments).unwrap_err().to_string();
            assert!(failure.contains(named) && failure.contains("cargo xtask simulate"), "{failure}");
        }
    }
}
