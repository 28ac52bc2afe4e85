//! `.run()`: what a service's `main` needs, in one call.

use std::fmt;
use std::time::Duration;

use kaa_bus::{Bus, ConnectError};
use kaa_process::config::{ConfigError, NatsConfigError};
use kaa_process::error::Chain;
use kaa_process::logs::log_to_stderr;
use kaa_process::signals::{self, SignalsError, Stop};

use crate::config::{Config, Settings};
use crate::extension::{BuildError, Builder};
use crate::running::{Running, StartError};
use crate::serve::{ServeError, Stopped};

/// How long the connection may take to say its last words.
const CLOSE: Duration = Duration::from_secs(1);

impl<S: Send + Sync + 'static> Builder<S> {
    /// Runs the extension as a service: reads the [configuration](Config::load), connects to NATS
    /// and serves until SIGTERM, SIGINT or ctrl-c, then stops gracefully. A second signal stops it
    /// at once.
    ///
    /// Logs go to standard error, by `RUST_LOG` (default `info`), unless the program has set up
    /// `tracing` itself.
    ///
    /// # Errors
    ///
    /// [`RunError`]: everything that keeps the service from starting, or ended it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time and I/O.
    pub async fn run(self) -> Result<Stopped, RunError> {
        log_to_stderr();
        self.run_with(&Config::load()?).await
    }

    /// The same with a configuration from elsewhere, and without setting up logs.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time and I/O.
    pub async fn run_with<E>(self, config: &Config<E>) -> Result<Stopped, RunError> {
        // Around everything else: from now on a signal is a wish and no longer the end.
        signals::run(|stop| self.run_until(stop, config)).await?
    }

    async fn run_until<E>(self, stop: Stop, config: &Config<E>) -> Result<Stopped, RunError> {
        let extension = self.configure(config).build()?;
        let bus = Bus::nats(config.nats.options()?.name(extension.replica().as_str())).await?;
        let server = extension.serve(bus.clone()).with_graceful_shutdown(stop).start().await?;
        let stopped = server.wait().await?;
        close(&bus).await;
        Ok(stopped)
    }

    /// Puts the entries that are set over what the program says.
    pub fn configure<E>(mut self, config: &Config<E>) -> Self {
        let service = config.service.clone();
        if let Some(name) = service.instance.name {
            self.instance = name.to_string();
        }
        if let Some(replica) = service.instance.replica_id {
            self.replica = Some(replica.to_string());
        }
        self.communication_service = service.communication_service.unwrap_or(self.communication_service);
        self.revision = service.esp_revision.unwrap_or(self.revision);
        if let Some(dialects) = service.dialects {
            self = self.dialects(dialects);
        }
        self.limits = config.limits.over(self.limits);
        self
    }
}

/// Runs a service that is more than its extension, as [`Builder::run`] runs one that is not: logs,
/// configuration with its own [`Settings`], NATS, `start`, and when a signal comes the graceful end of
/// everything that [`Running`] holds.
///
/// ```no_run
/// use kaa_ext::prelude::*;
/// use kaa_ext::{Config, Running, StartError};
///
/// async fn start(bus: Bus, config: Config<()>) -> Result<Running, StartError> {
///     let extension = Extension::new("greeter").configure(&config).build()?;
///     Ok(Running::new(extension.serve(bus).start().await?))
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), kaa_ext::RunError> {
///     kaa_ext::run(start).await?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// [`RunError`]: everything that keeps the service from starting, or ended it.
///
/// # Panics
///
/// Outside of a tokio runtime with time and I/O.
pub async fn run<E: Settings>(
    start: impl AsyncFnOnce(Bus, Config<E>) -> Result<Running, StartError>,
) -> Result<Stopped, RunError> {
    log_to_stderr();
    let config = Config::load_as::<E>()?;
    signals::run(async |stop| {
        let grace = config.limits.grace.unwrap_or(crate::Limits::default().grace);
        let bus = Bus::nats(config.nats.options()?).await?;
        let running = start(bus.clone(), config).await.map_err(RunError::Start)?;
        let stopped = running.stop_when(stop, grace).await?;
        close(&bus).await;
        Ok(stopped)
    })
    .await?
}

async fn close(bus: &Bus) {
    if let Err(error) = bus.close(CLOSE).await {
        tracing::warn!("the connection was not closed in order: {error}");
    }
}

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
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The service could not be started.
    #[error("the service cannot be started")]
    Start(#[source] StartError),
    /// The extension could not be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The process could not be run to its end: a second signal came while the extension was stopping.
    #[error(transparent)]
    Signals(#[from] SignalsError),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}
