//! `cargo xtask postgres`: the PostgreSQL that the tests run on.
//!
//! Looked for in `KAA_POSTGRES`, where Debian puts it and on PATH, in this order; installed from Debian when none of
//! them has one. The tests are told by that variable. Each starts a server of its own.

use std::env;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::failure::Failure;
use crate::process;

/// The variable that names the directory of `initdb` and `postgres`; the tests read it too.
pub(crate) const VARIABLE: &str = "KAA_POSTGRES";

/// Where Debian's packages put PostgreSQL, one directory for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The oldest PostgreSQL that is still looked after.
const OLDEST: u32 = 14;

/// A PostgreSQL that has answered `--version`.
#[derive(Debug)]
pub(crate) struct Postgres {
    directory: PathBuf,
    version: String,
}

impl Postgres {
    /// Where `initdb` and `postgres` are.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// One that is here already or gets installed now.
    pub(crate) fn find_or_install() -> Result<Self, Failure> {
        if let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) {
            // Somebody chose this one: another must not take its place unseen.
            return Self::probe(Path::new(&directory)).map_err(|problem| {
                Failure::new(format!("{VARIABLE} is set, but {problem}."), "Correct or unset the variable.")
            });
        }
        if let Some(postgres) = Self::find() {
            return Ok(postgres);
        }
        let cluster = Path::new("/etc/postgresql-common/createcluster.conf");
        without_a_cluster(cluster, || debian::install(&["postgresql"]))?;
        Self::find().ok_or_else(|| {
            Failure::new(
                "the package postgresql is installed, but there is no PostgreSQL.",
                format!("Set {VARIABLE} to the directory of `initdb` and `postgres`."),
            )
        })
    }

    fn find() -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let directories = debian_versions(Path::new(DEBIAN)).into_iter().chain(env::split_paths(&path));
        let mut candidates = directories.filter(|directory| directory.join("postgres").is_file());
        candidates.find_map(|directory| {
            Self::probe(&directory).inspect_err(|problem| eprintln!("passed over: {problem}")).ok()
        })
    }

    /// The PostgreSQL in `directory`, or why it cannot be used.
    fn probe(directory: &Path) -> Result<Self, String> {
        // Absolute: tests run in the directory of their package.
        let directory = std::path::absolute(directory)
            .map_err(|error| format!("{} has no path: {error}", directory.display()))?;
        for program in ["initdb", "postgres"] {
            if !directory.join(program).is_file() {
                return Err(format!("{} has no {program}", directory.display()));
            }
        }
        let Ok(answer) = process::read(Command::new(directory.join("postgres")).arg("--version")) else {
            return Err(format!("{}/postgres fails when asked for its --version", directory.display()));
        };
        // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
        let version = answer.stdout.split_whitespace().nth(2).unwrap_or_default().to_owned();
        match version.split(|c: char| !c.is_ascii_digit()).next().and_then(|major| major.parse().ok()) {
            Some(OLDEST..) => Ok(Self { directory, version }),
            Some(0..OLDEST) => {
                Err(format!("{} is version {version}, older than {OLDEST}", directory.display()))
            }
            None => Err(format!("{} says {:?} and no version", directory.display(), answer.stdout.trim())),
        }
    }
}

impl fmt::Display for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL {} in {}", self.version, self.directory.display())
    }
}

/// The directory on standard output, for `KAA_POSTGRES=$(cargo xtask postgres)`.
pub(crate) fn print() -> Result<(), Failure> {
    let postgres = Postgres::find_or_install()?;
    eprintln!("{postgres}");
    println!("{}", postgres.directory().display());
    Ok(())
}

/// Has Debian's package make no cluster of its own, and leave no server running: the tests bring theirs. A machine
/// that has settings for this keeps them.
fn without_a_cluster(config: &Path, install: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let directory = config.parent().unwrap_or(Path::new("/"));
    let written = fs::create_dir_all(directory)
        .and_then(|()| fs::File::create_new(config))
        .and_then(|_| fs::write(config, "create_main_cluster = false\n"));
    match written {
        // Who may not write there may not install either, and is told so.
        Err(error) if ![ErrorKind::AlreadyExists, ErrorKind::PermissionDenied].contains(&error.kind()) => {
            Err(Failure::file("write", config, &error))
        }
        _ => install(),
    }
}

/// The newest first.
fn debian_versions(directory: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|(_, directory)| directory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn scratch(name: &str) -> PathBuf {
        let directory = env::temp_dir().join(format!("xtask-postgres-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    fn probe(name: &str, answer: &str) -> Result<Postgres, String> {
        let directory = scratch(name);
        for program in ["initdb", "postgres"] {
            let path = directory.join(program);
            fs::write(&path, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let result = Postgres::probe(&directory);
        fs::remove_dir_all(&directory).unwrap();
        result
    }

    #[test]
    fn what_answers_is_shown_with_version_and_directory() {
        let postgres = probe("good", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)").unwrap();
        let shown = format!("PostgreSQL 15.18 in {}", postgres.directory().display());
        assert_eq!(postgres.to_string(), shown);
        assert_eq!(probe("beta", "postgres (PostgreSQL) 19beta1").unwrap().version, "19beta1");
    }

    #[test]
    fn what_is_too_old_or_says_something_else_is_refused() {
        let problem = probe("old", "postgres (PostgreSQL) 13.22").unwrap_err();
        assert!(problem.ends_with("is version 13.22, older than 14"), "{problem}");
        let problem = probe("other", "hello").unwrap_err();
        assert!(problem.ends_with("says \"hello\" and no version"), "{problem}");
        let problem = Postgres::probe(Path::new("/nowhere")).unwrap_err();
        assert_eq!(problem, "/nowhere has no initdb");
    }

    #[test]
    fn the_newest_version_comes_first_by_number() {
        let directory = scratch("versions");
        for version in ["9", "15", "10", "common"] {
            fs::create_dir_all(directory.join(version)).unwrap();
        }
        let found = debian_versions(&directory);
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(found, ["15", "10", "9"].map(|version| directory.join(version).join("bin")));
    }

    #[test]
    fn the_package_makes_no_cluster_and_a_machine_keeps_its_own_settings() {
        let directory = scratch("cluster");
        let config = directory.join("common/createcluster.conf");
        let mut seen = String::new();
        without_a_cluster(&config, || {
            seen = fs::read_to_string(&config).unwrap();
            Ok(())
        })
        .unwrap();
        fs::write(&config, "data_directory = '/data'\n").unwrap();
        without_a_cluster(&config, || Ok(())).unwrap();
        let kept = fs::read_to_string(&config).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!(
            (seen.as_str(), kept.as_str()),
            ("create_main_cluster = false\n", "data_directory = '/data'\n")
        );
    }
}
