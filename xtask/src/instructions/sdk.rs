//! What an extension costs per message, beside what was reached before and beside the bare client in the same run.
//!
//! `bench-sdk gate` counts, prints how far the goals are, and knows the limits (`bench/sdk/src/gate.rs`).

use std::process::Command;

use super::counted;
use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        Command::new(counted(workspace)?.join("bench-sdk")).arg("gate"),
        "`bench-sdk record` writes what `callgrind_annotate` shows line by line.",
    )
}
