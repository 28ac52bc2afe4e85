//! What keeps a service from running.

use std::fmt;
use std::io;

use kaa_bus::ConnectError;
use kaa_process::admin::AdminError;
use kaa_process::config::{ConfigError, NatsConfigError};
use kaa_process::error::Chain;
use kaa_process::signals::SignalsError;
use kaa_process::trace::TracingError;
use kaa_protocol::name::NameError;

use crate::extension::BuildError;
use crate::running::StartError;
use crate::serve::ServeError;

/// Why a service did not start, or ended.
///
/// Its `Debug` output is the error with all its causes, for people: it is what a `main` that
/// returns this error prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The extension is not put together right.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// `nats` of the configuration cannot be used.
    #[error(transparent)]
    Nats(#[from] NatsConfigError),
    /// NATS cannot be reached.
    #[error("there is no bus; where it is stands in nats.urls (NATS_URLS)")]
    Connect(#[from] ConnectError),
    /// What was asked for cannot be printed.
    #[error("what was asked for cannot be printed")]
    Print(#[source] io::Error),
    /// The service could not be started.
    #[error("the service cannot be started")]
    Start(#[source] StartError),
    /// The extension could not be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A further shard cannot have a name after that of the replica.
    #[error("a further shard cannot be named; a shorter service.instance.replica-id helps")]
    Shard(#[source] NameError),
    /// More shards are asked for than this service may have.
    #[error(
        "service.shards is {shards}, but this service cannot be in one process twice; start more replicas of it \
         instead, and leave service.shards at 1"
    )]
    Shards {
        /// How many are asked for.
        shards: usize,
    },
    /// A further shard has no thread.
    #[error("a thread for a further shard cannot be started; a smaller service.shards helps")]
    Thread(#[source] io::Error),
    /// The admin port cannot be where the configuration wants it.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Spans cannot be sent where the configuration wants them.
    #[error(transparent)]
    Tracing(#[from] TracingError),
    /// The process could not be run to its end: a second signal came while the extension was stopping.
    #[error(transparent)]
    Signals(#[from] SignalsError),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}
