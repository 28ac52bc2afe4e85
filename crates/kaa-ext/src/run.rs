//! `.run()`: what a service's `main` needs, in one call.

mod asked;
mod error;
mod process;
mod shards;

use std::io;

use kaa_bus::Bus;
use kaa_process::config::{ConfigError, Layers, Loaded, Program, Settings, Wish};
use kaa_process::logs::log_to_stderr_and;
use kaa_process::signals::{self, Stop};
use kaa_process::trace::{Decides, Export, TracingConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::RunError;
pub(crate) use shards::Watched;

use process::Process;
use shards::Shards;

use crate::config::{Config, ServiceConfig};
use crate::describe::Description;
use crate::extension::Builder;
use crate::running::{Running, StartError};
use crate::serve::Stopped;

impl<S: Send + Sync + 'static> Builder<S> {
    /// Runs the extension as a service: reads the [configuration](Config::load), connects to NATS
    /// and serves until SIGTERM, SIGINT or ctrl-c, then stops gracefully. A second signal stops it
    /// at once.
    ///
    /// Logs go to standard error, by `RUST_LOG` (default `info`), unless the program has set up
    /// `tracing` itself.
    ///
    /// On its command line it takes every entry of the configuration as a flag. `permissions` prints its
    /// [permissions](Self::permissions) with that configuration instead of serving, as JSON with `--json` behind it;
    /// `asyncapi` its [description](Self::describe) as an [AsyncAPI document](Description::asyncapi);
    /// `--print-config` the configuration; `--help` and `--version` what they say.
    ///
    /// # Errors
    ///
    /// [`RunError`]: everything that keeps the service from starting, or ended it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time and I/O.
    pub async fn run(self) -> Result<Stopped, RunError> {
        let name = self.instance.clone();
        self.run_as(Program::new(name, env!("CARGO_PKG_VERSION"), "an extension service of Kaa")).await
    }

    /// The same for a program that says more of itself: `extension().run_as(program!())`.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time and I/O.
    pub async fn run_as(self, program: Program) -> Result<Stopped, RunError> {
        let layers = layers::<Config>(program)?;
        match layers.wish() {
            Wish::Serve => {
                let config = layers.load()?.config;
                let mut builder = self.configure(&config);
                let description = builder.describe()?;
                // The one that is told to collectors is the one that serves.
                let replica = description.permissions.replica();
                builder.replica.get_or_insert_with(|| replica.to_string());
                observed(&config.tracing, &description, builder.run_configured(&config)).await
            }
            Wish::Command { command, json } => {
                let config = layers.load()?.config;
                asked::say(command, json, self.configure(&config).describe()?, &config.nats)
            }
            Wish::PrintConfig => {
                let loaded = layers.load()?;
                self.configure(&loaded.config).describe()?;
                print_config(loaded)
            }
            wish => tell(wish, &layers),
        }
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
        self.configure(config).run_configured(config).await
    }

    async fn run_configured<E>(self, config: &Config<E>) -> Result<Stopped, RunError> {
        // Around everything else: from now on a signal is a wish and no longer the end.
        signals::run(|stop| self.run_until(stop, config)).await?
    }

    async fn run_until<E>(self, stop: Stop, config: &Config<E>) -> Result<Stopped, RunError> {
        let extension = self.build()?;
        let (shards, replica) = (extension.shards, extension.replica().clone());
        let grace = extension.limits.grace;
        let process = Process { grace, ..Process::new(config, extension.instance()).await? };
        let serve = move |bus: Bus, replica| {
            let extension = extension.replica_named(replica);
            async move { Ok(Running::new(extension.serve(bus).start().await?)) }
        };
        process.run_shards(stop, shards, replica, serve).await
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
        self.shards = service.shards.unwrap_or(self.shards);
        self.discovery = service.discovery.unwrap_or(self.discovery);
        self.console = config.admin.console;
        self.revision = service.esp_revision.unwrap_or(self.revision);
        if let Some(dialects) = service.dialects {
            self = self.dialects(dialects);
        }
        self.limits = config.limits.over(self.limits);
        config.settled.note(self.service(), self.limits.into());
        self
    }

    /// What it is, as an operator would have to write it.
    fn service(&self) -> ServiceConfig {
        let mut service = ServiceConfig::default();
        service.instance.name = self.instance.parse().ok();
        service.instance.replica_id = self.replica.as_ref().and_then(|replica| replica.parse().ok());
        service.shards = Some(self.shards);
        service.discovery = Some(self.discovery);
        service.communication_service = Some(self.communication_service.clone());
        service.esp_revision = Some(self.revision);
        service.dialects = Some(self.dialects.clone());
        service
    }
}

/// Runs a service that is more than its extension, as [`Builder::run`] runs one that is not: logs,
/// configuration with its own [`Settings`](trait@Settings), NATS, `start`, and when a signal comes the graceful end of
/// everything that [`Running`] holds. The server lists the connection under the identity of the replica.
///
/// `program` is what it says of itself on the command line, [`program!()`](crate::program); `describe` says what the
/// service is: its functions, what it says and hears on NATS, and what it is called. The commands `permissions`,
/// `asyncapi`, `--print-config`, `--help` and `--version` are those of [`Builder::run`].
///
/// ```no_run
/// use kaa_ext::prelude::*;
/// use kaa_ext::{Builder, Config, Description, Running, StartError};
///
/// fn extension(config: &Config) -> Builder<()> {
///     Extension::new("greeter").configure(config)
/// }
///
/// fn describe(config: &Config) -> Result<Description, StartError> {
///     Ok(extension(config).describe()?)
/// }
///
/// async fn start(bus: Bus, config: Config) -> Result<Running, StartError> {
///     Ok(Running::new(extension(&config).build()?.serve(bus).start().await?))
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), kaa_ext::RunError> {
///     kaa_ext::run(kaa_ext::program!(), describe, start).await?;
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
pub async fn run<E: Settings + Default + Serialize + DeserializeOwned>(
    program: Program,
    describe: impl FnOnce(&Config<E>) -> Result<Description, StartError>,
    start: impl AsyncFnOnce(Bus, Config<E>) -> Result<Running, StartError>,
) -> Result<Stopped, RunError> {
    as_asked(program, describe, async |config, description| run_with(config, &description, start).await).await
}

/// The same on as many cores as `service.shards` says: `start` is called for each shard, with a connection and a
/// replica ID of its own. For services that are nothing but their extension, and that may be started twice.
///
/// # Errors
///
/// As [`run`].
///
/// # Panics
///
/// As [`run`].
pub async fn run_shards<E>(
    program: Program,
    describe: impl FnOnce(&Config<E>) -> Result<Description, StartError>,
    start: impl AsyncFn(Bus, Config<E>) -> Result<Running, StartError> + Clone + Send + Sync + 'static,
) -> Result<Stopped, RunError>
where
    E: Settings + Default + Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    as_asked(program, describe, async |config: Config<E>, description| {
        let replica = description.permissions.replica().clone();
        let process = Process::new(&config, &description.instance).await?;
        let shards = config.service.shards.unwrap_or(1);
        let start = move |bus, replica| {
            let (start, mut config) = (start.clone(), config.clone());
            config.service.instance.replica_id = Some(replica);
            async move { start(bus, config).await.map_err(RunError::Start) }
        };
        signals::run(async |stop| process.run_shards(stop, shards, replica, start).await).await?
    })
    .await
}

/// Does what the command line asks for, which mostly is to serve.
async fn as_asked<E: Settings + Default + Serialize + DeserializeOwned>(
    program: Program,
    describe: impl FnOnce(&Config<E>) -> Result<Description, StartError>,
    serve: impl AsyncFnOnce(Config<E>, Description) -> Result<Stopped, RunError>,
) -> Result<Stopped, RunError> {
    let layers = layers(program)?;
    let wish = layers.wish();
    if matches!(wish, Wish::Help | Wish::Version) {
        return tell(wish, &layers);
    }
    let loaded = layers.load()?;
    let description = describe(&loaded.config).map_err(RunError::Start)?;
    match wish {
        Wish::Command { command, json } => asked::say(command, json, description, &loaded.config.nats),
        Wish::PrintConfig => print_config(loaded),
        _ => {
            let config = loaded.config;
            let tracing = config.tracing.clone();
            observed(&tracing, &description.clone(), serve(config, description)).await
        }
    }
}

/// Serves, with logs, and with spans on their way to where the configuration wants them.
async fn observed(
    config: &TracingConfig,
    description: &Description,
    serving: impl Future<Output = Result<Stopped, RunError>>,
) -> Result<Stopped, RunError> {
    let replica = description.permissions.replica();
    let export = Export::start(config, &description.instance, replica, Decides::Sender)?;
    log_to_stderr_and(export.as_ref());
    let stopped = serving.await;
    if let Some(export) = export {
        export.finish().await;
    }
    stopped
}

/// [`run`] with a configuration from elsewhere, and without setting up logs.
async fn run_with<E>(
    mut config: Config<E>,
    description: &Description,
    start: impl AsyncFnOnce(Bus, Config<E>) -> Result<Running, StartError>,
) -> Result<Stopped, RunError> {
    if let Some(shards @ 2..) = config.service.shards {
        return Err(RunError::Shards { shards });
    }
    signals::run(async |stop| {
        let process = Process::new(&config, &description.instance).await?;
        let replica = description.permissions.replica().clone();
        let bus = Bus::nats(process.nats.clone().name(replica.as_str())).await?;
        // Settled before there is an extension: the connection has the same name.
        config.service.instance.replica_id = Some(replica);
        let running = start(bus.clone(), config).await.map_err(RunError::Start)?;
        process.attend(stop, bus, running, Shards::default()).await
    })
    .await?
}

/// Where the configuration comes from, and what is asked of the program.
fn layers<C: Settings + Default + Serialize + DeserializeOwned>(
    program: Program,
) -> Result<Layers<C>, ConfigError> {
    Layers::of_process(asked::COMMANDS.into_iter().fold(program, Program::command))
}

/// Answers what has nothing to do with a configuration.
fn tell<C: Settings + Default + Serialize + DeserializeOwned>(
    wish: Wish,
    layers: &Layers<C>,
) -> Result<Stopped, RunError> {
    asked::print(&if matches!(wish, Wish::Version) { layers.version() + "\n" } else { layers.help() })
}

/// Prints the configuration of an extension that was configured with it.
fn print_config<E: Serialize>(mut loaded: Loaded<Config<E>>) -> Result<Stopped, RunError> {
    loaded.config.settle();
    asked::print(&loaded.report().for_output(&io::stdout()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kaa_process::admin::AdminError;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;
    use crate::extension::Extension;

    const LONG: Duration = Duration::from_secs(10);

    /// What a service that runs with this configuration says about its connection.
    async fn introduction(mut config: Config) -> String {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        config.nats.urls = vec![server.local_addr().unwrap().to_string()];
        config.admin.listen = None;
        let introduced = async {
            let (stream, _) = server.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"INFO {\"max_payload\":1048576}\r\n").await.unwrap();
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            line
        };
        let description = Extension::new("ext").configure(&config).describe().unwrap();
        let service = run_with(config, &description, async |_, _| panic!("nothing has answered"));
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
    async fn an_admin_port_that_is_taken_is_known_before_the_service_begins() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config: Config = Config::default();
        config.admin.listen = taken.local_addr().ok();
        let description = Extension::new("ext").configure(&config).describe().unwrap();
        let error = run_with(config, &description, async |_, _| panic!("it begins")).await.unwrap_err();
        assert!(matches!(error, RunError::Admin(AdminError::Taken { .. })), "{error:?}");
    }

    #[tokio::test]
    async fn without_one_it_is_named_after_the_instance() {
        let mut config = Config::default();
        let line = introduction(config.clone()).await;
        assert!(line.contains(r#""name":"ext-"#), "{line}");
        config.service.instance.name = Some("dcx".parse().unwrap());
        let line = introduction(config).await;
        assert!(line.contains(r#""name":"dcx-"#), "{line}");
    }
}
