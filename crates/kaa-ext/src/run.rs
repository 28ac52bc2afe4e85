//! `.run()`: what a service's `main` needs, in one call.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaa_bus::{Bus, ConnectError};
use kaa_process::admin::AdminError;
use kaa_process::config::{ConfigError, NatsConfigError};
use kaa_process::error::Chain;
use kaa_process::logs::log_to_stderr;
use kaa_process::signals::{self, SignalsError, Stop};
use kaa_protocol::name::{ReplicaId, ServiceInstance};

use crate::admin;
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
        let grace = extension.limits.grace;
        let bus = Bus::nats(config.nats.options()?.name(extension.replica().as_str())).await?;
        let server = extension.serve(bus.clone()).start().await?;
        let admin = admin::open(&config.admin, &server, &bus).await?;
        let stopped = Running::new(server).admin(admin).stop_when(stop, grace).await?;
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
/// everything that [`Running`] holds. The server lists the connection under the identity of the replica, which
/// is made of the program's name when the configuration has none.
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
    run_with(Config::load_as()?, start).await
}

/// The same with a configuration from elsewhere, and without setting up logs.
async fn run_with<E>(
    mut config: Config<E>,
    start: impl AsyncFnOnce(Bus, Config<E>) -> Result<Running, StartError>,
) -> Result<Stopped, RunError> {
    signals::run(async |stop| {
        let grace = config.limits.grace.unwrap_or(crate::Limits::default().grace);
        // Settled before there is an extension: the connection has the same name.
        let instance = &mut config.service.instance;
        let replica = instance
            .replica_id
            .get_or_insert_with(|| ReplicaId::random(&instance.name.clone().unwrap_or_else(program)));
        let bus = Bus::nats(config.nats.options()?.name(replica.as_str())).await?;
        let place = config.admin.clone();
        let running = start(bus.clone(), config).await.map_err(RunError::Start)?;
        let admin = admin::open(&place, running.server(), &bus).await?;
        let stopped = running.admin(admin).stop_when(stop, grace).await?;
        close(&bus).await;
        Ok(stopped)
    })
    .await?
}

/// What a service is called until it says so itself: as its program.
fn program() -> ServiceInstance {
    let path = std::env::args_os().next().map(PathBuf::from);
    let name = path.as_deref().and_then(Path::file_stem).and_then(OsStr::to_str);
    name.and_then(|name| name.parse().ok()).unwrap_or(ServiceInstance::from_static("extension"))
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
    #[error("there is no bus; where it is stands in nats.urls (NATS_URLS)")]
    Connect(#[from] ConnectError),
    /// The service could not be started.
    #[error("the service cannot be started")]
    Start(#[source] StartError),
    /// The extension could not be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The admin port cannot be where the configuration wants it.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The process could not be run to its end: a second signal came while the extension was stopping.
    #[error(transparent)]
    Signals(#[from] SignalsError),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    /// What a service that runs with this configuration says about its connection.
    async fn introduction(mut config: Config) -> String {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        config.nats.urls = vec![server.local_addr().unwrap().to_string()];
        let introduced = async {
            let (stream, _) = server.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"INFO {\"max_payload\":1048576}\r\n").await.unwrap();
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            line
        };
        let service = run_with(config, async |_, _| panic!("nothing has answered"));
        tokio::select! {
            line = timeout(LONG, introduced) => line.unwrap(),
            ended = service => panic!("{ended:?}"),
        }
    }

    #[tokio::test]
    async fn the_connection_has_the_name_of_the_replica() {
        let mut config = Config::default();
        config.service.instance.replica_id = Some("dcx-7".parse().unwrap());
        let line = introduction(config).await;
        assert!(line.contains(r#""name":"dcx-7""#), "{line}");
    }

    #[tokio::test]
    async fn without_one_it_is_named_after_the_instance_or_the_program() {
        let mut config = Config::default();
        let line = introduction(config.clone()).await;
        assert!(line.contains(r#""name":"kaa_ext-"#), "{line}");
        config.service.instance.name = Some("dcx".parse().unwrap());
        let line = introduction(config).await;
        assert!(line.contains(r#""name":"dcx-"#), "{line}");
    }
}
