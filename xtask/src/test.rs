//! `cargo xtask test`: every check of this tree, stopping at the first failure.
//!
//! The steps go from cheap to dear. The tests come last, so that the last line is theirs; each heading
//! tells the time since the start.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::clients::{self, Clients};
use crate::failure::Failure;
use crate::nats::{self, NatsServer};
use crate::postgres::{self, Postgres};
use crate::workspace::Workspace;
use crate::{deps, instructions, lines, package, process, valgrind};

/// One check.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) purpose: &'static str,
    check: fn(&Workspace) -> Result<(), Failure>,
}

pub(crate) const STEPS: [Step; 16] = [
    Step { name: "nats-server", purpose: "find a nats-server, or install one", check: nats_server },
    Step { name: "clients", purpose: "find MQTT and HTTP clients, or install them", check: clients },
    Step { name: "postgres", purpose: "find a PostgreSQL, or install one", check: postgres },
    Step { name: "valgrind", purpose: "find a valgrind, or install one", check: find_valgrind },
    Step { name: "format", purpose: "cargo fmt changes nothing", check: format },
    Step { name: "lines", purpose: "no source file is too long", check: lines::run },
    Step { name: "deps", purpose: "crates depend only on what they may", check: deps::run },
    Step { name: "package", purpose: "every crate can be published", check: package::check },
    Step { name: "lint", purpose: "cargo clippy has no warnings", check: lint },
    Step { name: "docs", purpose: "cargo doc has no warnings", check: docs },
    Step { name: "build", purpose: "the programs and the tests of all crates, in one go", check: build },
    Step {
        name: "quickstart",
        purpose: "the first example runs to its end without a server",
        check: quickstart,
    },
    Step {
        name: "demo",
        purpose: "the platform in one process gives everybody the right answers",
        check: demo,
    },
    Step {
        name: "codec-cost",
        purpose: "the codec takes no more instructions and allocations than it may",
        check: instructions::run,
    },
    Step {
        name: "sdk-cost",
        purpose: "an extension takes no more instructions and allocations than it did",
        check: instructions::sdk::run,
    },
    Step { name: "tests", purpose: "unit, doc, compile-fail and integration tests", check: tests },
];

/// The steps that the options ask for, in the order of [`STEPS`]; all of them without options.
pub(crate) fn select(options: &[&str]) -> Result<Vec<&'static Step>, Failure> {
    let mut wanted = Vec::new();
    let mut rest = options;
    while let [option, tail @ ..] = rest {
        let (name, tail) = match (option.strip_prefix("--only="), *option, tail) {
            (Some(name), ..) => (name, tail),
            (None, "--only", [name, tail @ ..]) => (*name, tail),
            _ => {
                return Err(Failure::new(
                    format!("`cargo xtask test` has no option `{}`.", options.join(" ")),
                    "Its only option is `--only STEP`, which can be repeated.",
                ));
            }
        };
        if !STEPS.iter().any(|step| step.name == name) {
            let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            return Err(Failure::new(
                format!("`{name}` is not a step of `cargo xtask test`."),
                format!("The steps are {}.", names.join(", ")),
            ));
        }
        wanted.push(name);
        rest = tail;
    }
    Ok(STEPS.iter().filter(|step| wanted.is_empty() || wanted.contains(&step.name)).collect())
}

pub(crate) fn run(workspace: &Workspace, steps: &[&Step]) -> Result<(), Failure> {
    let start = Instant::now();
    for (done, step) in steps.iter().enumerate() {
        let at = clock(start.elapsed());
        eprintln!("==> {}/{} at {at}  {}: {}", done + 1, steps.len(), step.name, step.purpose);
        (step.check)(workspace)?;
    }
    Ok(())
}

/// Minutes and seconds, `2:05`.
fn clock(elapsed: Duration) -> String {
    format!("{}:{:02}", elapsed.as_secs() / 60, elapsed.as_secs() % 60)
}

fn nats_server(workspace: &Workspace) -> Result<(), Failure> {
    eprintln!("{}", NatsServer::find_or_install(workspace)?);
    Ok(())
}

fn clients(workspace: &Workspace) -> Result<(), Failure> {
    eprintln!("{}", Clients::find_or_install(workspace)?);
    Ok(())
}

fn postgres(_: &Workspace) -> Result<(), Failure> {
    eprintln!("{}", Postgres::find_or_install()?);
    Ok(())
}

fn find_valgrind(_: &Workspace) -> Result<(), Failure> {
    eprintln!("{}", valgrind::find_or_install()?);
    Ok(())
}

fn format(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        &mut workspace.cargo(["fmt", "--all", "--check"]),
        "Run `cargo fmt --all` and look at what it changed.",
    )
}

fn lint(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        &mut workspace.cargo([
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--profile",
            "ci",
            "--",
            "-D",
            "warnings",
        ]),
        "Correct what clippy found; an exception needs `#[allow(..., reason = \"...\")]`.",
    )
}

fn docs(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        workspace
            .cargo(["doc", "--quiet", "--workspace", "--no-deps", "--profile", "ci"])
            .env("RUSTDOCFLAGS", "-D warnings"),
        "Correct the documentation at the places above.",
    )
}

/// Together, because programs built on their own have other features of their dependencies.
fn build(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        &mut workspace.cargo([
            "build",
            "--quiet",
            "--workspace",
            "--bins",
            "--tests",
            "--examples",
            "--profile",
            "ci",
        ]),
        "Correct what the compiler found.",
    )
}

fn quickstart(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        // With a server named, it would serve until told to stop.
        program(workspace, "quickstart")?.env_remove("NATS_URLS"),
        "`cargo run -p quickstart` is what a newcomer tries: it has to end with exit code 0.",
    )
}

fn demo(workspace: &Workspace) -> Result<(), Failure> {
    let free_ports = ["--mqtt", "--http", "--cdp", "--epts", "--cex", "--ccm"].map(|flag| [flag, "0"]);
    process::run(
        program(workspace, "demo")?.args(["--duration", "3s"]).args(free_ports.as_flattened()),
        "`cargo run -p demo` is what a newcomer looks at: its transcript above tells who got no right answer.",
    )
}

/// A program as it is built with all others.
pub(crate) fn program(workspace: &Workspace, name: &str) -> Result<Command, Failure> {
    build(workspace)?;
    let mut command = Command::new(workspace.programs()?.join(name));
    command.current_dir(workspace.root());
    Ok(command)
}

fn tests(workspace: &Workspace) -> Result<(), Failure> {
    let server = NatsServer::find_or_install(workspace)?;
    let clients = Clients::find_or_install(workspace)?;
    let postgres = Postgres::find_or_install()?;
    process::run(
        workspace
            .cargo(["test", "--quiet", "--workspace", "--profile", "ci", "--no-fail-fast"])
            .env(nats::VARIABLE, server.path())
            .env(clients::VARIABLE, clients.libraries())
            .env(postgres::VARIABLE, postgres.directory())
            .env("KAA_PROGRAMS", workspace.programs()?)
            // The compile-fail tests start cargo again, in the dev profile and a target directory of
            // their own. Nobody debugs what that builds, nor reads its progress.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TERM_QUIET", "true"),
        "The failed tests are listed above; `cargo test -p <crate> <name>` runs one of them again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: &[&str]) -> Vec<&'static str> {
        select(options).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn without_options_every_step_runs_and_the_tests_are_last() {
        let names = names(&[]);
        assert_eq!(names.len(), STEPS.len());
        assert_eq!((names.first(), names.last()), (Some(&"nats-server"), Some(&"tests")));
    }

    #[test]
    fn chosen_steps_run_once_and_in_their_usual_order() {
        assert_eq!(names(&["--only", "docs", "--only=format", "--only", "docs"]), ["format", "docs"]);
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_known_ones() {
        let failure = select(&["--only", "fmt"]).err().unwrap().to_string();
        assert!(failure.contains("`fmt` is not a step"), "{failure}");
        assert!(failure.contains("nats-server, clients, postgres, valgrind, format"), "{failure}");
    }

    #[test]
    fn an_unknown_option_or_a_missing_step_is_refused() {
        for options in [&["--all"][..], &["--only"], &["docs"]] {
            let failure = select(options).err().unwrap().to_string();
            assert!(failure.contains("`--only STEP`"), "{failure}");
        }
    }

    #[test]
    fn a_failing_step_stops_the_ones_after_it() {
        let failing =
            Step { name: "failing", purpose: "", check: |_| Err(Failure::new("broken.", "Mend it.")) };
        let unreachable = Step { name: "unreachable", purpose: "", check: |_| panic!("was run") };
        let workspace = Workspace::of_this_run().unwrap();
        let failure = run(&workspace, &[&failing, &unreachable]).unwrap_err();
        assert!(failure.to_string().starts_with("broken."), "{failure}");
    }

    #[test]
    fn time_is_shown_in_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(5_999)), "0:05");
        assert_eq!(clock(Duration::from_secs(605)), "10:05");
    }
}
