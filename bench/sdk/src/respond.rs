//! Who answers: one subcommand for each, a process of its own with a runtime of one thread.

mod application;
mod avro;
mod bare;
mod by_hand;
mod extension;
mod general;

use std::fmt;
use std::process::Command;
use std::str::FromStr;

use crate::workload::Answers;

/// A responder written in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// async-nats, and every message is given back.
    Bare,
    /// The same with the `service` module of async-nats.
    Service,
    /// async-nats, and both records read and written in a straight line: what an expert writes.
    ByHandBytes,
    /// The same, and the samples read with serde_json.
    ByHandJson,
    /// async-nats, apache-avro's `Value` and serde_json: what most people write.
    General,
    /// An extension: `Payload` in, `Payload` out.
    ExtensionBytes,
    /// An extension: `Json<Vec<Sample>>` in, `Json<Ack>` out.
    ExtensionJson,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Bare,
        Self::Service,
        Self::ByHandBytes,
        Self::ByHandJson,
        Self::General,
        Self::ExtensionBytes,
        Self::ExtensionJson,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Service => "service",
            Self::ByHandBytes => "by-hand-bytes",
            Self::ByHandJson => "by-hand-json",
            Self::General => "general",
            Self::ExtensionBytes => "extension-bytes",
            Self::ExtensionJson => "extension-json",
        }
    }

    /// This program again, as the responder.
    pub(crate) fn command(self, url: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["respond", self.name(), url]);
        command
    }

    pub(crate) fn answers(self) -> Answers {
        match self {
            Self::Bare | Self::Service => Answers::Echo,
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
        let kinds = Self::ALL.map(Self::name);
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("`{name}` is no responder; there are {}", kinds.join(", ")))
    }
}

/// Answers until the process is ended.
pub(crate) fn run(kind: Kind, url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match kind {
            Kind::Bare => bare::echo(url).await,
            Kind::Service => bare::service(url).await,
            Kind::ByHandBytes => by_hand::run(url, |_| application::fixed()).await,
            Kind::ByHandJson => by_hand::run(url, application::json).await,
            Kind::General => general::run(url).await,
            Kind::ExtensionBytes => extension::bytes(url).await,
            Kind::ExtensionJson => extension::json(url).await,
        }
    });
}
