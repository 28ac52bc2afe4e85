//! The programs under test, as an operator would start them.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kaa_tests::measured::Measured;
use kaa_tests::nats_server::NatsServer;
use tempfile::TempDir;

/// The service instance that receives.
pub(crate) const RECEIVER: &str = "epts";

/// One end of the flow.
#[derive(Debug, Clone)]
pub(crate) enum Program {
    /// This program again.
    ByHand,
    /// A program of the workspace.
    Service(PathBuf),
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByHand => f.write_str("by hand"),
            Self::Service(path) => f.write_str(&path.file_name().unwrap_or_default().to_string_lossy()),
        }
    }
}

/// A program at work, in a directory of its own.
pub(crate) struct Running {
    process: Measured,
    _directory: TempDir,
}

impl Program {
    pub(crate) fn start(&self, end: &str, server: &NatsServer) -> Running {
        let directory = tempfile::tempdir().unwrap();
        let mut command = match self {
            Self::Service(path) => Command::new(path),
            Self::ByHand => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args(["by-hand", end, &server.url()]);
                command
            }
        };
        command.env("NATS_URLS", server.url()).env("DCX_RECEIVERS", RECEIVER);
        command.env("REST_LISTEN", "127.0.0.1:0").env("RUST_LOG", "info");
        command.current_dir(directory.path()).stderr(Stdio::piped());
        let mut process = Measured::start(&mut command);
        let log = BufReader::new(process.child().stderr.take().unwrap());
        assert!(log.lines().any(|line| line.unwrap().contains("serving")), "{self} does not serve");
        Running { process, _directory: directory }
    }
}

impl Running {
    pub(crate) fn process(&self) -> &Measured {
        &self.process
    }
}
