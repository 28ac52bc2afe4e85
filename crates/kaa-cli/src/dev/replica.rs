//! The extension at work, from its start until it has drained.

use std::io;
use std::mem;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use kaa_bus::Bus;
use kaa_tap::{Questions, Said, Verb};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long it may take until it serves.
pub(super) const START: Duration = Duration::from_secs(10);

/// How long one that serves may take to say so.
const ANSWER: Duration = Duration::from_secs(1);

/// How often it is asked whether it does.
const LOOK: Duration = Duration::from_millis(50);

/// How long it may take to drain. Its own grace period is shorter, unless it is configured otherwise.
const DRAIN: Duration = Duration::from_secs(40);

/// A process of the extension. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Replica {
    process: Child,
    pub(super) id: String,
    /// Whether it was asked to stop.
    is_asked: bool,
}

/// What a process needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) directory: &'a Path,
    pub(super) nats_url: &'a str,
    pub(super) arguments: &'a [String],
}

/// How a start went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Started {
    /// It serves.
    Serves(Served),
    /// It has ended instead.
    Ended(ExitStatus),
    /// It does not say whether it does.
    Silent,
}

/// What it says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) name: String,
    /// The path of its first resource.
    pub(super) path: Option<String>,
}

impl Served {
    fn of(said: Said) -> Self {
        let endpoints = said.answer.get("endpoints").and_then(Value::as_array).into_iter().flatten();
        let mut paths = endpoints.filter_map(|endpoint| endpoint.get("metadata")?.get("path")?.as_str());
        Self { path: paths.next().map(str::to_owned), name: said.name }
    }
}

impl Replica {
    /// Starts the program, with what it needs to find the bus.
    pub(super) fn start(program: &Path, number: u32, setting: Setting<'_>) -> io::Result<Self> {
        let id = format!("dev-{number}");
        let mut command = Command::new(program);
        if setting.directory.join("config.yaml").is_file() {
            command.args(["--config", "config.yaml"]);
        }
        command
            .args(setting.arguments)
            .current_dir(setting.directory)
            .env("NATS_URLS", setting.nats_url)
            .env("SERVICE_INSTANCE_REPLICA_ID", &id)
            // Two of them are there for a while, and could not have the same port.
            .env("ADMIN_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // A ctrl-c is for `kaa dev`, which ends everything in order.
        #[cfg(unix)]
        command.process_group(0);
        Ok(Self { process: command.spawn()?, id, is_asked: false })
    }

    /// Waits until it serves, or has ended.
    pub(super) async fn ready(&mut self, bus: &Bus) -> io::Result<Started> {
        let Self { process, id, .. } = self;
        tokio::select! {
            ended = process.wait() => Ok(Started::Ended(ended?)),
            found = timeout(START, find(bus, id)) => {
                Ok(found.ok().flatten().map_or(Started::Silent, Started::Serves))
            }
        }
    }

    /// Whether it says that it serves.
    pub(super) async fn serves(&self, bus: &Bus) -> bool {
        timeout(ANSWER, find(bus, &self.id)).await.is_ok_and(|found| found.is_some())
    }

    /// Waits until it has ended by itself. Cancel safe.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Asks it to stop, and waits until it has drained; `None` when it had to be killed. Cancel safe: it drains on, and
    /// is waited for the next time.
    pub(super) async fn stop(&mut self) -> io::Result<Option<ExitStatus>> {
        // Whoever is asked twice ends at once.
        if !mem::replace(&mut self.is_asked, true) {
            ask_to_stop(&mut self.process)?;
        }
        match timeout(DRAIN, self.process.wait()).await {
            Ok(ended) => ended.map(Some),
            Err(_) => self.process.kill().await.map(|()| None),
        }
    }
}

#[cfg(unix)]
fn ask_to_stop(process: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};

    // One that has ended has no number any more.
    let id = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    id.map_or(Ok(()), |id| kill_process(id, Signal::TERM).map_err(io::Error::from))
}

#[cfg(not(unix))]
fn ask_to_stop(process: &mut Child) -> io::Result<()> {
    process.start_kill()
}

/// Asks everybody what they are until it is this one who answers; `None` when the bus is gone.
async fn find(bus: &Bus, id: &str) -> Option<Served> {
    let mut questions = Questions::open(bus).await.ok()?;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => questions.ask(Verb::Info),
            said = questions.next() => {
                let said = said?;
                if said.id == id {
                    return Some(Served::of(said));
                }
            }
        }
    }
}
