//! `cargo xtask chaos`: what the promises about faults are worth, on real processes.
//!
//! Without options, processes of the whole platform are killed and frozen at random while devices send batches, until
//! 100,000 of them are confirmed; `--minutes N` ends it sooner, `--seed S` repeats the faults of an earlier run.
//! `--figures` measures what single faults of a nats-server cost, `--drain` what rolling restarts do, `--overload` what
//! ten times too many requests do.
//!
//! Builds what `cargo xtask test` builds, with the same profile, then hands over to an example of the tests.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::Failure;
use crate::nats::{self, NatsServer};
use crate::postgres::{self, Postgres};
use crate::workspace::Workspace;
use crate::{process, test};

const REMEDY: &str =
    "What it wrote says which promise was broken, and with which seed; `--seed` repeats its faults.";

/// What to do, in the words of the example.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Experiment {
    Storm { minutes: u64, seed: u64 },
    Figures,
    Drain,
    Overload,
}

/// Reads the options.
pub(crate) fn select(options: &[&str]) -> Result<Experiment, Failure> {
    let mut rest = options;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let (mut minutes, mut seed) = (60, now);
    loop {
        rest = match rest {
            [] => return Ok(Experiment::Storm { minutes, seed }),
            ["--figures"] => return Ok(Experiment::Figures),
            ["--drain"] => return Ok(Experiment::Drain),
            ["--overload"] => return Ok(Experiment::Overload),
            ["--minutes", number, tail @ ..] => {
                minutes = number.parse().map_err(|_| refused(options))?;
                tail
            }
            ["--seed", number, tail @ ..] => {
                seed = number.parse().map_err(|_| refused(options))?;
                tail
            }
            _ => return Err(refused(options)),
        };
    }
}

fn refused(options: &[&str]) -> Failure {
    Failure::new(
        format!("`cargo xtask chaos` cannot make anything of `{}`.", options.join(" ")),
        "Its options are `--minutes N` and `--seed S` (whole numbers), or one of `--figures`, `--drain` and `--overload` alone.",
    )
}

pub(crate) fn run(workspace: &Workspace, experiment: &Experiment) -> Result<(), Failure> {
    let server = NatsServer::find_or_install(workspace)?;
    let mut run = test::program(workspace, "examples/chaos")?;
    run.env(nats::VARIABLE, server.path()).env("KAA_PROGRAMS", workspace.programs()?);
    match experiment {
        Experiment::Storm { minutes, seed } => {
            run.env(postgres::VARIABLE, Postgres::find_or_install()?.directory());
            run.args(["storm", &minutes.to_string(), &seed.to_string()]);
        }
        Experiment::Figures => _ = run.args(["figures", "10"]),
        Experiment::Drain => _ = run.args(["drain", "50"]),
        Experiment::Overload => _ = run.arg("overload"),
    }
    process::run(&mut run, REMEDY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_repeated_with_its_seed() {
        let experiment = select(&["--seed", "7", "--minutes", "10"]).unwrap();
        assert_eq!(experiment, Experiment::Storm { minutes: 10, seed: 7 });
        assert_eq!(select(&["--figures"]).unwrap(), Experiment::Figures);
        assert_eq!(select(&["--drain"]).unwrap(), Experiment::Drain);
        assert_eq!(select(&["--overload"]).unwrap(), Experiment::Overload);
    }

    #[test]
    fn what_is_no_option_is_refused_with_those_there_are() {
        for options in [&["--minutes"][..], &["--minutes", "ten"], &["--drain", "--figures"], &["storm"]] {
            let failure = select(options).unwrap_err().to_string();
            assert!(failure.contains(&options.join(" ")) && failure.contains("--seed S"), "{failure}");
        }
    }
}
