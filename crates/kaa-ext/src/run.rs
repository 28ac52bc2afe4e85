//! `.run()`: what a service's `main` needs, in one call.

use std::error::Error;
use std::fmt;
use std::io::IsTerminal;
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use kaa_bus::{Bus, ConnectError};
use kaa_protocol::esp::Revision;

use crate::config::{Config, ConfigError, EspRevision, NatsConfigError};
use crate::extension::{BuildError, Builder};
use crate::serve::{ServeError, Stopped};
use crate::signals::Signals;

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
    pub async fn run_with(self, config: &Config) -> Result<Stopped, RunError> {
        // Before anything else: from now on a signal is a wish and no longer the end.
        let (mut first, mut both) = (Signals::listen()?, Signals::listen()?);
        let extension = self.configure(config).build()?;
        let options = config.nats.options()?.name(extension.replica().as_str());
        let bus = Bus::nats(options).await?;
        let server = extension
            .serve(bus.clone())
            .with_graceful_shutdown(async move { first.next().await })
            .start()
            .await?;
        let second = async {
            both.next().await;
            both.next().await;
        };
        let stopped = tokio::select! {
            stopped = server.wait() => stopped?,
            // The first signal began the graceful stop; the second one ends the patience.
            () = second => return Err(RunError::Interrupted),
        };
        if let Err(error) = bus.close(CLOSE).await {
            tracing::warn!("the connection was not closed in order: {error}");
        }
        Ok(stopped)
    }

    /// Puts the entries that are set over what the program says.
    pub(crate) fn configure(mut self, config: &Config) -> Self {
        let service = config.service.clone();
        self.instance = service.instance.unwrap_or(self.instance);
        self.replica = service.replica.or(self.replica);
        self.communication_service = service.communication_service.unwrap_or(self.communication_service);
        self.revision = match service.esp_revision {
            Some(EspRevision::Seed) => Revision::Seed,
            Some(EspRevision::Current) => Revision::Current,
            None => self.revision,
        };
        if let Some(dialects) = service.dialects {
            self = self.dialects(dialects);
        }
        self.limits = config.limits.over(self.limits);
        self
    }
}

/// Logs of `RUST_LOG`, which has no effect when the program logs already.
fn log_to_stderr() {
    let wanted = std::env::var("RUST_LOG").ok();
    let filter = wanted.as_deref().and_then(|text| text.parse::<Targets>().ok());
    let is_wrong = wanted.is_some() && filter.is_none();
    // The connection's own news are repeated by kaa-bus where they matter.
    let usual =
        || Targets::new().with_default(LevelFilter::INFO).with_target("async_nats", LevelFilter::WARN);
    let filter = filter.unwrap_or_else(usual);
    let is_terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    // An error says that the program logs already: then its way of logging holds.
    let _ = tracing_subscriber::registry().with(filter).with(log).try_init();
    if is_wrong {
        tracing::warn!(
            "RUST_LOG={wanted:?} is not valid, so `info` holds; expected `info,kaa_ext=debug` or the like"
        );
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
    /// `[nats]` of the configuration cannot be used.
    #[error(transparent)]
    Nats(#[from] NatsConfigError),
    /// NATS cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The extension could not be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The system does not let the program listen to signals.
    #[error("signals cannot be listened to")]
    Signals(#[from] std::io::Error),
    /// A second signal came while the extension was stopping.
    #[error("stopped at once, by a second signal: requests were left unfinished")]
    Interrupted,
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.to_string();
        f.write_str(&text)?;
        let mut source = self.source();
        while let Some(cause) = source {
            // Some libraries repeat the cause in the text of the error.
            if !text.ends_with(&cause.to_string()) {
                text = cause.to_string();
                write!(f, "\n  because {text}")?;
            }
            source = cause.source();
        }
        Ok(())
    }
}
