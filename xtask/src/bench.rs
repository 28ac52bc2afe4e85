//! `cargo xtask bench kpc`: what the communication service costs, beside a bare NATS client.
//!
//! Builds everything with the release profile, then hands over to the `kpc_bench` example of the tests, which
//! starts the programs and prints the table. Nothing here is a test: the machine decides the figures, and only
//! those of one run can be compared.

use crate::failure::Failure;
use crate::nats::{self, NatsServer};
use crate::process;
use crate::workspace::Workspace;

const REMEDY: &str =
    "The benchmark needs Linux, and that nothing else is wrong: `cargo xtask test` says what.";

pub(crate) fn kpc(workspace: &Workspace) -> Result<(), Failure> {
    let server = NatsServer::find_or_install(workspace)?;
    let programs = ["build", "--release", "-p", "kaa-kpc", "-p", "quickstart", "--bins"];
    process::run(&mut workspace.cargo(programs), REMEDY)?;
    process::run(
        workspace
            .cargo(["run", "--release", "-p", "kaa-tests", "--example", "kpc_bench"])
            .env(nats::VARIABLE, server.path()),
        REMEDY,
    )
}
