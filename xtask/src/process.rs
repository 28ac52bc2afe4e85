//! Programs that the commands start, and how their failure is told.

use std::process::{Command, ExitStatus, Stdio};

use crate::failure::Failure;

/// Runs `command` with its output on our terminal; anything but exit code 0 is a failure with
/// `remedy`.
pub(crate) fn run(command: &mut Command, remedy: &str) -> Result<(), Failure> {
    let status = command.stdin(Stdio::null()).status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(failed(command, status, remedy)) }
}

/// What a program wrote.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `command` for what it writes; anything but exit code 0 is a failure that quotes its
/// standard error.
pub(crate) fn read(command: &mut Command) -> Result<Written, Failure> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    let written = Written {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    if output.status.success() {
        Ok(written)
    } else {
        Err(failed(command, output.status, &format!("It wrote: {}", written.stderr.trim())))
    }
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("`{}` cannot be started: {error}.", as_typed(command)),
        "Install the program or add its directory to PATH.",
    )
}

fn failed(command: &Command, status: ExitStatus, remedy: &str) -> Failure {
    Failure::new(format!("`{}` failed ({status}).", as_typed(command)), remedy)
}

/// The command as a person would type it: `cargo fmt`, not the path of the toolchain's cargo.
fn as_typed(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_its_arguments_status_and_remedy() {
        let failure = run(Command::new("/bin/sh").args(["-c", "exit 3"]), "Try again.").unwrap_err();
        assert_eq!(failure.to_string(), "`sh -c exit 3` failed (exit status: 3).\n       Try again.");
    }

    #[test]
    fn a_program_that_is_read_is_quoted_when_it_fails() {
        let failure =
            read(Command::new("sh").args(["-c", "echo no room >&2; exit 1"])).unwrap_err().to_string();
        assert!(failure.ends_with("It wrote: no room"), "{failure}");
    }

    #[test]
    fn a_missing_program_is_told_from_a_failing_one() {
        let failure = run(&mut Command::new("/nowhere/at-all"), "unused").unwrap_err().to_string();
        assert!(failure.contains("`at-all` cannot be started"), "{failure}");
    }

    #[test]
    fn both_outputs_of_a_program_are_kept_apart() {
        let written = read(Command::new("sh").args(["-c", "echo one; echo two >&2"])).unwrap();
        assert_eq!((written.stdout.as_str(), written.stderr.as_str()), ("one\n", "two\n"));
    }
}
