//! The valgrind that counts instructions and allocations.

use std::process::Command;

use crate::debian;
use crate::failure::Failure;
use crate::process;

/// The valgrind on PATH, or one that gets installed now; what it says about its version.
pub(crate) fn find_or_install() -> Result<String, Failure> {
    if let Some(version) = probe("valgrind") {
        return Ok(version);
    }
    debian::install(&["valgrind"])?;
    probe("valgrind").ok_or_else(|| {
        Failure::new(
            "the package valgrind is installed, but `valgrind --version` fails.",
            "Add its directory to PATH, or repair the package: `valgrind --version` says what is wrong.",
        )
    })
}

fn probe(program: &str) -> Option<String> {
    let answer = process::read(Command::new(program).arg("--version")).ok()?.stdout;
    answer.starts_with("valgrind-").then(|| answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_something_else_is_no_valgrind() {
        assert_eq!(probe("/nowhere/valgrind"), None);
        assert_eq!(probe("echo"), None, "it says `--version`");
    }
}
