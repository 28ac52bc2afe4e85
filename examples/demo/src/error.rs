//! Why there is no demo.

use std::fmt;
use std::io;
use std::path::PathBuf;

use kaa_ext::bus::ConnectError;
use kaa_ext::error::Chain;
use kaa_ext::{NatsConfigError, SignalsError};

use crate::ports::PortsError;

/// Why the demo did not start, or did not end in order.
///
/// Its `Debug` output is the error with all its causes, for people.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// Ports are taken.
    #[error(transparent)]
    Ports(#[from] PortsError),
    /// There is no place for the databases.
    #[error("{} cannot hold the databases; choose another directory with --data", directory.display())]
    Data {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `--nats` cannot be used.
    #[error("--nats cannot be used")]
    Nats(#[from] NatsConfigError),
    /// NATS cannot be reached.
    #[error("the NATS server cannot be reached; start one, or leave --nats out for a bus in the process")]
    Connect(#[from] ConnectError),
    /// A service does not start.
    #[error("{service} does not start")]
    Service {
        /// Which one.
        service: &'static str,
        /// Why.
        source: kaa_ext::StartError,
    },
    /// The communication service does not start.
    #[error("kaa-kpc does not start")]
    Kpc(#[from] kaa_kpc::StartError),
    /// The console cannot be shown.
    #[error("the console cannot be shown; choose another address with --console")]
    Console(#[from] kaa_ext::AdminError),
    /// Signals cannot be listened to, or a second one came while the demo was stopping.
    #[error(transparent)]
    Signals(#[from] SignalsError),
}

impl fmt::Debug for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}
