//! `cargo xtask bench sdk`: the benchmark of the SDK.
//!
//! The measuring is done by `bench/sdk`, a package of its own.

use std::path::PathBuf;
use std::process::Command;

use super::REMEDY;
use crate::clients::library::{self, Library};
use crate::failure::Failure;
use crate::nats::{self, NatsServer};
use crate::process;
use crate::workspace::Workspace;

/// How often everything is measured, unless told otherwise.
const ROUNDS: &str = "5";

/// The same of the small tables, whose rounds take a second or two.
const SHORT_ROUNDS: &str = "30";

/// The small tables: what async-nats offers beside its defaults, two threads beside one, requests at the same time
/// beside one after another.
pub(crate) const TABLES: [&str; 3] = ["variants", "shards", "concurrency"];

/// What the responders outside of Rust are made of.
const FOREIGN: [Library; 2] = [
    Library {
        name: "faststream",
        what: "FastStream and fastavro of PyPI",
        pins: &["faststream.txt"],
        download: library::with_pip,
    },
    Library {
        name: "node",
        what: "nats and avsc of npm",
        pins: &["package-lock.json", "package.json"],
        download: library::with_npm,
    },
];

/// The table on standard output, and the same as JSON in `bench/results`.
pub(crate) fn compare(workspace: &Workspace, rounds: Option<&str>) -> Result<(), Failure> {
    let server = NatsServer::find_or_install(workspace)?;
    let foreign = foreign(workspace);
    let results = workspace.root().join("bench/results/sdk.json");
    let mut measured = bench_sdk(workspace, &["compare", rounds.unwrap_or(ROUNDS)]);
    measured.arg(results).env(nats::VARIABLE, server.path()).env("KAA_BENCH_FOREIGN", foreign);
    // A server on one core is faster here and scatters less.
    process::run(measured.env("GOMAXPROCS", "1"), REMEDY)
}

/// One of the small tables, on standard output.
pub(crate) fn table(workspace: &Workspace, name: &str, rounds: Option<&str>) -> Result<(), Failure> {
    process::run(&mut bench_sdk(workspace, &[name, rounds.unwrap_or(SHORT_ROUNDS)]), REMEDY)
}

fn bench_sdk(workspace: &Workspace, arguments: &[&str]) -> Command {
    let run = ["run", "--quiet", "--release", "-p", "kaa-bench-sdk", "--bin", "bench-sdk", "--"];
    workspace.cargo(run.iter().chain(arguments).copied())
}

/// Where the libraries are; the table does without those that cannot be installed.
fn foreign(workspace: &Workspace) -> PathBuf {
    let (pins, libraries) = (workspace.root().join("bench/sdk/foreign"), workspace.tools().join("bench"));
    for library in &FOREIGN {
        if let Err(failure) = library.install_unless_current(&pins, &libraries) {
            eprintln!("{failure}\ngoing on without {}", library.what);
        }
    }
    libraries
}
