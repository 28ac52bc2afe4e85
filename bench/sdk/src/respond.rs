//! Who answers: one subcommand for each, a process of its own with a runtime of one thread, or with several of those.

mod application;
mod avro;
mod bare;
mod by_hand;
mod extension;
#[cfg(feature = "compare")]
mod general;
#[cfg(feature = "compare")]
mod sequential;
#[cfg(feature = "compare")]
mod service;
#[cfg(feature = "compare")]
pub(crate) mod variant;

use std::fmt;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use kaa_bus::NatsOptions;
use tokio::runtime::{Builder, Runtime};

use crate::workload::Answers;

/// A responder written in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// async-nats, and every message is given back.
    Bare,
    /// The same with the `service` module of async-nats.
    #[cfg(feature = "compare")]
    Service,
    /// async-nats, and both records read and written in a straight line: what an expert writes.
    ByHandBytes,
    /// The same, and the samples read with serde_json.
    ByHandJson,
    /// async-nats, apache-avro's `Value` and serde_json: what most people write.
    #[cfg(feature = "compare")]
    General,
    /// Our bus and our codec, one request after another.
    #[cfg(feature = "compare")]
    SequentialBytes,
    /// An extension: `Payload` in, `Payload` out.
    ExtensionBytes,
    /// The same with a handler that waits, which makes it a task.
    #[cfg(feature = "compare")]
    ExtensionWaiting,
    /// An extension: `Json<Vec<Sample>>` in, `Json<Ack>` out.
    ExtensionJson,
}

impl Kind {
    pub(crate) const ALL: &[Self] = &[
        Self::Bare,
        #[cfg(feature = "compare")]
        Self::Service,
        Self::ByHandBytes,
        Self::ByHandJson,
        #[cfg(feature = "compare")]
        Self::General,
        #[cfg(feature = "compare")]
        Self::SequentialBytes,
        Self::ExtensionBytes,
        #[cfg(feature = "compare")]
        Self::ExtensionWaiting,
        Self::ExtensionJson,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            #[cfg(feature = "compare")]
            Self::Service => "service",
            Self::ByHandBytes => "by-hand-bytes",
            Self::ByHandJson => "by-hand-json",
            #[cfg(feature = "compare")]
            Self::General => "general",
            #[cfg(feature = "compare")]
            Self::SequentialBytes => "sequential-bytes",
            Self::ExtensionBytes => "extension-bytes",
            #[cfg(feature = "compare")]
            Self::ExtensionWaiting => "extension-waiting",
            Self::ExtensionJson => "extension-json",
        }
    }

    /// This program again, as the responder.
    pub(crate) fn command(self, url: &str) -> Command {
        self.on_threads(1, url)
    }

    /// The same on several threads, each with a connection of its own.
    pub(crate) fn on_threads(self, threads: usize, url: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["respond", self.name(), url, &threads.to_string()]);
        command
    }

    pub(crate) fn answers(self) -> Answers {
        match self {
            Self::Bare => Answers::Echo,
            #[cfg(feature = "compare")]
            Self::Service => Answers::Echo,
            _ => Answers::Application,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let kinds: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
        let kind = Self::ALL.iter().copied().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("`{name}` is no responder; there are {}", kinds.join(", ")))
    }
}

/// Answers until the process is ended, on so many threads, each with a runtime and a connection of its own.
pub(crate) fn run(kind: Kind, url: &str, threads: usize) {
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| one_thread().block_on(respond(kind, url)));
        }
        one_thread().block_on(respond(kind, url));
    });
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A responder that valgrind counts takes its time to start.
fn options(url: &str) -> NatsOptions {
    NatsOptions::new(url).unwrap().publish_timeout(Duration::from_secs(60))
}

async fn respond(kind: Kind, url: &str) {
    match kind {
        Kind::Bare => bare::echo(url).await,
        #[cfg(feature = "compare")]
        Kind::Service => service::run(url).await,
        Kind::ByHandBytes => by_hand::run(url, |_| application::fixed()).await,
        Kind::ByHandJson => by_hand::run(url, application::json).await,
        #[cfg(feature = "compare")]
        Kind::General => general::run(url).await,
        #[cfg(feature = "compare")]
        Kind::SequentialBytes => sequential::run(url).await,
        Kind::ExtensionBytes => extension::bytes(url).await,
        #[cfg(feature = "compare")]
        Kind::ExtensionWaiting => extension::waiting(url).await,
        Kind::ExtensionJson => extension::json(url).await,
    }
}
