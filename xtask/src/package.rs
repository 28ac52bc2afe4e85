//! `cargo xtask package`: every crate below `crates` can be published.
//!
//! cargo makes the files that crates.io would get, all crates together, since they depend on each other; it says what
//! a manifest lacks, which is a failure here. Each has to have its licence and its README with it. With `--verify`,
//! cargo compiles what it has made as well, which takes as long as a build from nothing.

use std::fs;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// What nobody gets a crate without.
const ALWAYS: [&str; 3] = ["Cargo.toml", "LICENSE", "README.md"];

const REMEDY: &str = "Add it to the crate's Cargo.toml or directory; the other crates show how.";

/// Makes the packages without compiling them.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    run(workspace, false)
}

pub(crate) fn run(workspace: &Workspace, verify: bool) -> Result<(), Failure> {
    let crates = crates(workspace)?;
    let selected = crates.iter().flat_map(|name| ["--package", name]);
    // What has to be downloaded has been; nothing is asked about crates that are not published yet.
    let mut options = vec!["package", "--offline", "--allow-dirty"];
    if !verify {
        options.push("--no-verify");
    }
    let written = process::read(&mut workspace.cargo(options.into_iter().chain(selected)))?;
    let mut objections = warnings(&written.stderr);
    for name in &crates {
        let list = ["package", "--offline", "--allow-dirty", "--list", "--package", name];
        let files = process::read(&mut workspace.cargo(list))?.stdout;
        objections.extend(missing(&files).map(|file| format!("{name} comes without {file}")));
    }
    if objections.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("these crates are not ready to be published:\n  {}", objections.join("\n  ")),
        REMEDY,
    ))
}

/// The crates that are for others: those below `crates`, each in a directory of its name.
fn crates(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let directory = workspace.root().join("crates");
    let entries = fs::read_dir(&directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| Failure::file("list", &directory, &error))?;
    let mut names: Vec<String> =
        entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// What cargo objects to.
fn warnings(stderr: &str) -> Vec<String> {
    stderr.lines().filter(|line| line.starts_with("warning:")).map(str::to_owned).collect()
}

/// Of what nobody gets a crate without, what is not among these files.
fn missing(files: &str) -> impl Iterator<Item = &'static str> {
    ALWAYS.into_iter().filter(move |always| !files.lines().any(|file| file == *always))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_warns_of_is_an_objection() {
        let stderr =
            "   Packaging kaa-bus v0.1.0\nwarning: manifest has no description\n    Packaged 70 files\n";
        assert_eq!(warnings(stderr), ["warning: manifest has no description"]);
    }

    #[test]
    fn a_crate_without_its_licence_is_found() {
        let files = "Cargo.toml\nCargo.toml.orig\nREADME.md\nsrc/lib.rs\n";
        assert_eq!(missing(files).collect::<Vec<_>>(), ["LICENSE"]);
        assert_eq!(missing("LICENSE\nREADME.md\nCargo.toml\n").count(), 0);
    }
}
