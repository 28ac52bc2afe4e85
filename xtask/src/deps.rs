//! `cargo xtask deps`: what a crate depends on is what the house plan allows.
//!
//! - A crate of ours uses only crates of a lower floor, and has a floor in [`FLOORS`].
//! - A library behind a wall is named by its owner only ([`WALLS`]).
//! - Everything else comes from crates.io, under a licence that a user of Apache-2.0 can accept.
//!
//! Development dependencies are free to point upwards: a test may use the whole house.

mod licence;

use std::fs;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// The floor of every crate of ours; the examples share one.
const FLOORS: [(&str, u8); 17] = [
    ("kaa-protocol", 1),
    ("kaa-ext-macros", 1),
    ("kaa-sqlite", 1),
    ("kaa-bus", 2),
    ("kaa-process", 3),
    ("kaa-tap", 3),
    ("kaa-console", 4),
    ("kaa-ext", 5),
    ("kaa-kpc", 5),
    ("kaa-cli", EXAMPLES),
    ("kaa-stage", EXAMPLES),
    ("demo", 7),
    ("kaa-measured", 1),
    ("kaa-tests", 8),
    ("kaa-fuzz", 8),
    ("kaa-bench-sdk", 9),
    ("xtask", 0),
];

const EXAMPLES: u8 = 6;

/// Libraries that are an inner matter of some crates, which alone may name them.
const WALLS: [(&str, &[&str]); 4] = [
    ("async-nats", &["kaa-bus", "kaa-tests", "kaa-bench-sdk"]),
    ("opentelemetry_sdk", &["kaa-process"]),
    ("rusqlite", &["kaa-sqlite", "kaa-tests"]),
    ("tokio-postgres", &["epts", "kaa-tests"]),
];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let direct =
        tree(workspace, &["--edges", "normal,build", "--depth", "1", "--no-dedupe", "--prefix", "depth"])?;
    let all = tree(workspace, &["--edges", "normal,build,dev", "--prefix", "none"])?;
    let path = workspace.root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))?;

    let mut objections = against_the_plan(&direct);
    objections.extend(licence::objections(&all));
    objections.extend(foreign_sources(&lock));
    if objections.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("these dependencies should not be there:\n  {}", objections.join("\n  ")),
        "Take them out, or change the plan in xtask/src/deps.rs and say why in the commit message.",
    ))
}

/// `cargo tree` with the licence after each package: `kaa-bus v0.1.0 (/path)|Apache-2.0`.
fn tree(workspace: &Workspace, options: &[&str]) -> Result<String, Failure> {
    let always = ["tree", "--quiet", "--workspace", "--charset", "ascii", "--format", "{p}|{l}"];
    let written = process::read(&mut workspace.cargo(always.into_iter().chain(options.iter().copied())))?;
    Ok(written.stdout)
}

/// The edges of `tree` (depth 0 and 1, the depth printed before each name) that go up or through a
/// wall.
fn against_the_plan(tree: &str) -> Vec<String> {
    let mut objections = Vec::new();
    let mut user = None;
    for line in tree.lines() {
        let name = |rest: &str| rest.split(' ').next().unwrap_or_default().to_owned();
        if let Some(rest) = line.strip_prefix('0') {
            let floor = floor(rest);
            if floor.is_none() {
                objections.push(format!("{} has no floor in the house", name(rest)));
            }
            user = Some((name(rest), floor.unwrap_or(u8::MAX)));
        } else if let (Some(rest), Some((user, user_floor))) = (line.strip_prefix('1'), &user) {
            let used = name(rest);
            if floor(rest).is_some_and(|floor| floor >= *user_floor) {
                objections.push(format!("{user} uses {used}, which is not on a lower floor"));
            }
            for (walled, owners) in WALLS {
                if used == walled && !owners.contains(&user.as_str()) {
                    objections.push(format!("{user} uses {used}, which belongs to {}", owners.join(" and ")));
                }
            }
        }
    }
    objections
}

/// The floor of a package as `cargo tree` prints it, when it is one of ours.
fn floor(package: &str) -> Option<u8> {
    let name = package.split(' ').next().unwrap_or_default();
    let listed = FLOORS.iter().find(|(ours, _)| *ours == name).map(|(_, floor)| *floor);
    listed.or_else(|| package.contains("/examples/").then_some(EXAMPLES))
}

/// Packages of `Cargo.lock` that come from somewhere else than crates.io (ours have no source).
fn foreign_sources(lock: &str) -> impl Iterator<Item = String> {
    lock.lines().filter_map(|line| {
        let source = line.strip_prefix("source = ")?.trim_matches('"');
        (source != CRATES_IO).then(|| format!("a package comes from {source}, not from crates.io"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_may_use_lower_floors() {
        let tree = "0kaa-bus v0.1.0 (/w/crates/kaa-bus)|Apache-2.0\n\
                    1kaa-protocol v0.1.0 (/w/crates/kaa-protocol)|Apache-2.0\n\
                    1async-nats v0.51.0|Apache-2.0\n\n\
                    0quickstart v0.1.0 (/w/examples/quickstart)|Apache-2.0\n\
                    1kaa-ext v0.1.0 (/w/crates/kaa-ext)|Apache-2.0\n";
        assert_eq!(against_the_plan(tree), Vec::<String>::new());
    }

    #[test]
    fn a_crate_may_not_use_its_own_floor_or_a_higher_one() {
        let tree = "0kaa-protocol v0.1.0 (/w/crates/kaa-protocol)|Apache-2.0\n\
                    1kaa-ext-macros v0.1.0 (proc-macro) (/w/crates/kaa-ext-macros)|Apache-2.0\n\
                    0kaa-bus v0.1.0 (/w/crates/kaa-bus)|Apache-2.0\n\
                    1quickstart v0.1.0 (/w/examples/quickstart)|Apache-2.0\n";
        assert_eq!(
            against_the_plan(tree),
            [
                "kaa-protocol uses kaa-ext-macros, which is not on a lower floor",
                "kaa-bus uses quickstart, which is not on a lower floor",
            ]
        );
    }

    #[test]
    fn a_walled_library_is_refused_to_everybody_but_its_owners() {
        let tree = "0kaa-ext v0.1.0 (/w/crates/kaa-ext)|Apache-2.0\n1async-nats v0.51.0|Apache-2.0\n";
        assert_eq!(
            against_the_plan(tree),
            ["kaa-ext uses async-nats, which belongs to kaa-bus and kaa-tests and kaa-bench-sdk"]
        );
    }

    #[test]
    fn a_crate_nobody_planned_is_asked_for_its_floor() {
        let tree = "0kaa-attic v0.1.0 (/w/crates/kaa-attic)|Apache-2.0\n";
        assert_eq!(against_the_plan(tree), ["kaa-attic has no floor in the house"]);
    }

    #[test]
    fn a_package_from_a_git_repository_is_foreign() {
        let lock = format!("source = \"{CRATES_IO}\"\nsource = \"git+https://example.org/a#1\"\n");
        let foreign: Vec<_> = foreign_sources(&lock).collect();
        assert_eq!(foreign, ["a package comes from git+https://example.org/a#1, not from crates.io"]);
    }
}
