//! `cargo xtask bench kpc`: what the communication service costs, beside a bare NATS client.
//! `cargo xtask bench dcx`: what collecting and storing samples costs, beside the same flow written by hand.
//! `cargo xtask bench sdk`: what an extension costs, beside bare async-nats and others ([`sdk`]).
//!
//! Builds everything with the release profile, then hands over to a program that starts the others and prints
//! the table. Nothing here is a test: the machine decides the figures, and only those of one run can be
//! compared.

pub(crate) mod sdk;

use crate::failure::Failure;
use crate::nats::{self, NatsServer};
use crate::process;
use crate::workspace::Workspace;

const REMEDY: &str =
    "The benchmark needs Linux, and that nothing else is wrong: `cargo xtask test` says what.";

pub(crate) fn kpc(workspace: &Workspace) -> Result<(), Failure> {
    bench(workspace, &["kaa-kpc", "quickstart"], "kpc_bench")
}

pub(crate) fn dcx(workspace: &Workspace) -> Result<(), Failure> {
    bench(workspace, &["dcx", "epts"], "dcx_bench")
}

fn bench(workspace: &Workspace, packages: &[&str], example: &str) -> Result<(), Failure> {
    let server = NatsServer::find_or_install(workspace)?;
    let mut programs = workspace.cargo(["build", "--release", "--bins"]);
    process::run(programs.args(packages.iter().flat_map(|package| ["-p", package])), REMEDY)?;
    let mut measured = workspace.cargo(["run", "--release", "-p", "kaa-tests", "--example", example]);
    process::run(measured.env(nats::VARIABLE, server.path()), REMEDY)
}
