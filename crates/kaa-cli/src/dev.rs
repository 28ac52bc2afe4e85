//! `kaa dev`: an extension behind a communication service, and again whenever it is saved.
//!
//! ```text
//!  devices ──MQTT, HTTP──► communication service ──┐                  ┌──► the extension, a process of its own
//!                                                  ├── memory server ─┤    built by cargo, replaced on save
//!  kaa tap, call, emit ──NATS on the loopback──────┘                  └──► what is printed, and the console
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `platform` | what the extension needs around it: a bus, a communication service, the console |
//! | `build` | from the sources to a program |
//! | `replica` | the program at work, from its start until it has drained |
//! | `renewal` | how one replica takes over from another |
//! | `saves` | when something was saved |
//! | `traffic` | every message, printed |

mod build;
mod platform;
mod renewal;
mod replica;
mod saves;
mod traffic;

use std::env;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use kaa_process::signals::Signals;

use crate::terminal::{tell, tell_error};
use build::Package;
use platform::{Addresses, Platform, PlatformError};
use renewal::Renewal;
use saves::{Saves, SavesError};

/// Run an extension behind a communication service, and again whenever something is saved. No server is needed.
///
/// In the directory of an extension: it is built and run as a process of its own, devices can speak MQTT and HTTP with
/// it, and every message on the bus between is printed. When something is saved it is built again; the new one serves
/// before the old one drains, so that no request is lost. What does not compile is said, and the old one goes on.
///
/// The bus speaks the protocol of NATS: kaa call, kaa tap and every client of NATS can connect to it. It has no
/// JetStream. The file config.yaml, if there is one, is the extension's configuration.
///
/// Exit code: 0 when it ends by ctrl-c or with its terminal; 5 when something is missing, such as a free port.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa dev                                      in the directory of an extension
  kaa dev --http 127.0.0.1:0 --mqtt 127.0.0.1:0 --nats 127.0.0.1:0    on any ports that are free
  kaa dev --bin greeter -- --extension.greeting=Servus    one program of several, with flags of its own")]
pub(crate) struct Dev {
    /// The directory of the extension's package
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    path: PathBuf,
    /// Which program of the package it is, if it has several
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Build it with optimizations
    #[arg(long)]
    release: bool,
    /// Where devices speak HTTP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8008")]
    http: SocketAddr,
    /// Where devices speak MQTT
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:1883")]
    mqtt: SocketAddr,
    /// Where the bus is, for clients of NATS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4222")]
    nats: SocketAddr,
    /// Where the console is, a page for a browser
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    console: SocketAddr,
    /// Do not print messages
    #[arg(long)]
    quiet: bool,
    /// What the program gets on its command line
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Why there is nothing to develop with.
#[derive(Debug, thiserror::Error)]
enum DevError {
    #[error("signals cannot be listened to")]
    Signals(#[source] io::Error),
    #[error("{} is no directory of an extension: it has no Cargo.toml; `kaa new NAME` makes one", .0.display())]
    NoPackage(PathBuf),
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Saves(#[from] SavesError),
}

impl Dev {
    pub(crate) async fn run(self) -> ExitCode {
        match self.develop().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tell_error("dev", &error);
                ExitCode::from(5)
            }
        }
    }

    async fn develop(self) -> Result<(), DevError> {
        // The extension is in a process group of its own, so the end of the terminal does not reach it.
        let signals = Signals::listen().and_then(Signals::with_hangup);
        let mut signals = signals.map_err(DevError::Signals)?;
        let package = self.package()?;
        let mut saves = Saves::watch(&package.directory)?;
        let wanted = Addresses { http: self.http, mqtt: self.mqtt, nats: self.nats, console: self.console };
        let platform = Platform::start(wanted).await?;
        platform.welcome();
        let traffic = (!self.quiet).then(|| traffic::print(platform.observe()));
        let mut renewal = Renewal::new(&platform, package, self.arguments);
        tokio::select! {
            biased;
            () = signals.next() => {}
            () = renewal.go_on(&mut saves) => {}
        }
        tell("dev", "it ends in order; another ctrl-c ends it at once");
        tokio::select! {
            biased;
            () = signals.next() => {}
            () = async {
                // Devices first, so that what they have asked is still answered.
                platform.stop_devices().await;
                renewal.stop().await;
                platform.stop().await;
            } => {}
        }
        drop(traffic);
        Ok(())
    }

    fn package(&self) -> Result<Package, DevError> {
        let directory = env::current_dir().unwrap_or_default().join(&self.path);
        if !directory.join("Cargo.toml").is_file() {
            return Err(DevError::NoPackage(directory));
        }
        Ok(Package { directory, bin: self.bin.clone(), release: self.release })
    }
}
