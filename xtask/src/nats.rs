//! `cargo xtask nats`: the nats-server that the tests run on.
//!
//! Looked for in `NATS_SERVER`, on PATH and among the installed tools, in this order; installed when
//! none of them has one. The tests themselves look in the same places, so that a plain `cargo test`
//! works afterwards.

mod install;
mod version;

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;
use version::Version;

/// The variable that names the nats-server to use; the tests read it too.
pub(crate) const VARIABLE: &str = "NATS_SERVER";

/// The oldest server that is good enough: the protocol features that the client asks for came with
/// 2.10 (the `server_2_10` feature of async-nats).
const OLDEST: Version = Version { major: 2, minor: 10, patch: 0 };

/// A nats-server that has answered `--version`.
pub(crate) struct NatsServer {
    path: PathBuf,
    version: Version,
}

impl NatsServer {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A server that is here already or gets installed now.
    pub(crate) fn find_or_install(workspace: &Workspace) -> Result<Self, Failure> {
        if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            // Somebody chose this one: another must not take its place unseen.
            return Self::probe(Path::new(&path)).map_err(|problem| {
                Failure::new(format!("{VARIABLE} is set, but {problem}."), "Correct or unset the variable.")
            });
        }
        let installed = workspace.tools().join("nats-server");
        for path in on_path().chain([installed]).filter(|path| path.is_file()) {
            match Self::probe(&path) {
                Ok(server) => return Ok(server),
                Err(problem) => eprintln!("passed over: {problem}"),
            }
        }
        let installed = install::nats_server(&workspace.tools())?;
        Self::probe(&installed).map_err(|problem| {
            Failure::new(format!("a nats-server was installed, but {problem}."), install::BY_HAND)
        })
    }

    /// The server at `path`, or why it cannot be used.
    fn probe(path: &Path) -> Result<Self, String> {
        // Absolute: tests run in the directory of their package.
        let path =
            std::path::absolute(path).map_err(|error| format!("{} has no path: {error}", path.display()))?;
        if !path.is_file() {
            return Err(format!("{} is not a file", path.display()));
        }
        let Ok(answer) = process::read(Command::new(&path).arg("--version")) else {
            return Err(format!("{} fails when asked for its --version", path.display()));
        };
        let Some(version) = Version::in_text(&answer.stdout) else {
            let line = answer.stdout.lines().next().unwrap_or_default();
            return Err(format!("{} names no version, but says {line:?}", path.display()));
        };
        if version < OLDEST {
            return Err(format!("{} is version {version}, older than {OLDEST}", path.display()));
        }
        Ok(Self { path, version })
    }
}

impl fmt::Display for NatsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nats-server {} at {}", self.version, self.path.display())
    }
}

/// The path on standard output, for `$(cargo xtask nats)`.
pub(crate) fn print(workspace: &Workspace) -> Result<(), Failure> {
    let server = NatsServer::find_or_install(workspace)?;
    eprintln!("{server}");
    println!("{}", server.path().display());
    Ok(())
}

fn on_path() -> impl Iterator<Item = PathBuf> {
    let directories = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&directories)
        .map(|directory| directory.join("nats-server"))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// A script at a path of its own that prints `answer` and exits with `code`.
    fn script(name: &str, answer: &str, code: u8) -> PathBuf {
        let directory = env::temp_dir().join(format!("xtask-nats-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("nats-server");
        fs::write(&path, format!("#!/bin/sh\necho '{answer}'\nexit {code}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn probe(name: &str, answer: &str, code: u8) -> Result<NatsServer, String> {
        let path = script(name, answer, code);
        let result = NatsServer::probe(&path);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        result
    }

    #[test]
    fn a_server_that_answers_is_shown_with_version_and_path() {
        let server = probe("good", "nats-server: v2.15.1", 0).unwrap();
        assert_eq!(server.to_string(), format!("nats-server 2.15.1 at {}", server.path().display()));
        assert!(server.path().is_absolute());
    }

    #[test]
    fn a_server_that_is_too_old_is_refused_with_both_versions() {
        let problem = probe("old", "nats-server: v2.9.10", 0).err().unwrap();
        assert!(problem.ends_with("is version 2.9.10, older than 2.10.0"), "{problem}");
    }

    #[test]
    fn a_program_that_fails_or_says_something_else_is_refused() {
        let problem = probe("failing", "nats-server: v2.15.1", 127).err().unwrap();
        assert!(problem.ends_with("fails when asked for its --version"), "{problem}");
        let problem = probe("other", "hello", 0).err().unwrap();
        assert!(problem.ends_with("names no version, but says \"hello\""), "{problem}");
        let problem = NatsServer::probe(Path::new("/nowhere/nats-server")).err().unwrap();
        assert_eq!(problem, "/nowhere/nats-server is not a file");
    }
}
