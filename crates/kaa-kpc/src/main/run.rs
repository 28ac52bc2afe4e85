//! The service from its start to its end.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use kaa_bus::{Bus, ConnectError, FenceError, NatsOptions};
use kaa_console::Console;
use kaa_kpc::config::{Config, HASH_PASSWORD, UnsaidError};
use kaa_kpc::relay::RelayOptions;
use kaa_kpc::{Kpc, KpcOptions, StartError};
use kaa_process::admin::{Admin, AdminError, AdminSocket};
use kaa_process::config::{self, ConfigError, NatsConfigError, Wish};
use kaa_process::error::Chain;
use kaa_process::logs;
use kaa_process::signals::{self, SignalsError, Stop};
use kaa_process::trace::{Decides, Export, TracingError};
use tokio::runtime::{Builder, Runtime};

use super::metrics;
use super::passwords::{self, PasswordError};

/// How long the bus may take to say whether it is there.
const ROUND_TRIP: Duration = Duration::from_secs(1);
/// How long its connection may take to say its last words.
const CLOSE: Duration = Duration::from_secs(1);

/// Serves, or does what else is asked for.
pub(crate) fn as_asked() -> Result<(), RunError> {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let layers = Config::layers(config::environment(), words)?;
    match layers.wish() {
        Wish::Serve => run(&layers.load()?.config),
        Wish::Command { command, .. } if command.name == HASH_PASSWORD.name => Ok(passwords::hash()?),
        Wish::Command { json, .. } => print_permissions(&layers.load()?.config, json),
        Wish::PrintConfig => {
            let mut loaded = layers.load()?;
            loaded.config = loaded.config.settled();
            print(&loaded.report().for_output(&io::stdout()))
        }
        Wish::Version => print(&(layers.version() + "\n")),
        _ => print(&layers.help()),
    }
}

fn print(text: &str) -> Result<(), RunError> {
    config::print(text).map_err(RunError::Print)
}

/// What the user of NATS has to be permitted.
fn print_permissions(config: &Config, json: bool) -> Result<(), RunError> {
    let mut permissions = config.options()?.permissions(config.service.instance.replica_id.as_ref());
    if config.admin.console {
        Console::permit(&mut permissions);
    }
    print(&if json { permissions.to_json() + "\n" } else { permissions.to_string() })
}

fn run(config: &Config) -> Result<(), RunError> {
    let options = config.options()?;
    let RelayOptions { instance, replica, .. } = &options.relay;
    let export = Export::start(&config.tracing, instance, replica, Decides::Service)?;
    logs::log_to_stderr_and(export.as_ref());
    raise_file_limit();
    let runtime = runtime(config.service.threads.get())?;
    runtime.block_on(async {
        // A signal that comes before there is anything to stop ends it all the same.
        let served = signals::run(async |stop| serve(config, options, stop).await).await;
        if let Some(export) = export {
            export.finish().await;
        }
        served?
    })
}

async fn serve(config: &Config, options: KpcOptions, stop: Stop) -> Result<(), RunError> {
    let nats = config.nats.options()?.name(options.relay.replica.as_str());
    let nats = nats.service(options.relay.instance.clone());
    // Before a device can come: a port that is taken is the end.
    let socket = AdminSocket::bind_as(&config.admin).await?;
    let bus = Bus::nats(nats.clone()).await?;
    let kpc = Arc::new(Kpc::start(bus.clone(), options).await?);
    let admin = socket.map(|socket| admin(config.admin.console, &kpc, &bus, nats).serve(socket));
    for listening in kpc.listening() {
        println!("listening {} {}", listening.name(), listening.address);
    }
    if let Some(admin) = &admin {
        println!("listening admin {}", admin.local_addr());
    }
    println!("ready");

    tokio::select! {
        () = stop => {}
        never = reload_certificates(&kpc) => match never? {},
    }
    tracing::info!("stopping");
    if let Some(admin) = &admin {
        admin.not_ready("stopping");
    }
    let cut = kpc.stop(config.service.graceful_shutdown).await;
    if cut > 0 {
        tracing::warn!("{cut} connections were cut because they did not end in time");
    }
    if let Some(admin) = admin {
        admin.stop(CLOSE).await;
    }
    if let Err(error) = bus.close(CLOSE).await {
        tracing::warn!("the connection to NATS was not closed in order: {error}");
    }
    Ok(())
}

/// Reads the certificates again whenever SIGHUP says so.
async fn reload_certificates(kpc: &Kpc) -> io::Result<Infallible> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut asked = signal(SignalKind::hangup())?;
        while asked.recv().await.is_some() {
            match kpc.reload_certificates() {
                Ok(()) => tracing::info!("the certificates were read again"),
                Err(error) => tracing::error!("the former certificates stay: {:#}", Chain(&error)),
            }
        }
    }
    std::future::pending().await
}

/// The port for operators.
fn admin(has_console: bool, kpc: &Arc<Kpc>, bus: &Bus, nats: NatsOptions) -> Admin {
    let checked = bus.clone();
    let is_there = move || {
        let bus = checked.clone();
        async move {
            bus.fence(ROUND_TRIP).await?;
            // One that may not hear something is there, and deaf.
            bus.is_permitted().map_err(FenceError::Forbidden)
        }
    };
    let mut admin = Admin::new().registry(metrics::registry(kpc, bus)).ready("bus", is_there);
    if has_console {
        // On connections of its own: what comes in there is not for this service.
        let console = Console::connecting(move || {
            let nats = nats.clone().name("kaa console");
            async move { Ok(Bus::nats(nats).await?) }
        });
        admin = console.mount(admin);
    }
    admin
}

/// One thread costs the least per request: nothing is handed from one to another.
fn runtime(threads: usize) -> io::Result<Runtime> {
    match threads {
        1 => Builder::new_current_thread().enable_all().build(),
        threads => Builder::new_multi_thread().worker_threads(threads).enable_all().build(),
    }
}

/// A connection is a file, and the usual limit is meant for programs that have a few.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if current != maximum && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_err() {
            tracing::warn!("at most {current:?} files may be open at once, connections included (ulimit -n)");
        }
    }
}

/// Why the service did not start, or ended.
///
/// Its `Debug` output is the error with all its causes, for people: it is what `main` prints.
#[derive(thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Unsaid(#[from] UnsaidError),
    #[error(transparent)]
    Nats(#[from] NatsConfigError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Tracing(#[from] TracingError),
    #[error(transparent)]
    Signals(#[from] SignalsError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("what was asked for cannot be printed")]
    Print(#[source] io::Error),
    #[error("the runtime cannot be started")]
    Runtime(#[from] io::Error),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}
