//! Responders that are not written in Rust.
//!
//! Their libraries are not part of this repository: `cargo xtask bench sdk` installs them, and says in a variable
//! where.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names the directory with `faststream` and `node` in it.
const VARIABLE: &str = "KAA_BENCH_FOREIGN";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// FastStream with fastavro, on Python.
    FastStream,
    /// nats.js with avsc, on Node.
    Node,
}

impl Foreign {
    pub(crate) const ALL: [Self; 2] = [Self::FastStream, Self::Node];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FastStream => "faststream",
            Self::Node => "node",
        }
    }

    /// Where its libraries are, if they are.
    pub(crate) fn libraries(self) -> Option<PathBuf> {
        let libraries = PathBuf::from(std::env::var_os(VARIABLE)?).join(self.name());
        libraries.is_dir().then_some(libraries)
    }

    pub(crate) fn command(self, url: &str) -> Command {
        let libraries = self.libraries().unwrap_or_default();
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign");
        let mut command = match self {
            Self::FastStream => {
                let mut python = Command::new("python3");
                python.env("PYTHONPATH", libraries).arg(programs.join("responder.py"));
                python
            }
            Self::Node => {
                let mut node = Command::new("node");
                node.env("NODE_PATH", libraries.join("node_modules")).arg(programs.join("responder.js"));
                node
            }
        };
        command.arg(url);
        command
    }
}
