//! The measured rounds: in each, every responder is measured once, so that what the machine does to one of them it
//! does to all.

use std::process::Command;
use std::time::Duration;

use kaa_tests::nats_server::NatsServer;

use crate::foreign::Foreign;
use crate::load;
use crate::respond::Kind;
use crate::responder::{Cost, Responder};
use crate::workload::Answers;

/// Messages a second where latency is measured: 30 % of what a bare client takes through a server.
pub(crate) const RATE: f64 = 77_000.0;
const SPAN: Duration = Duration::from_secs(2);
pub(crate) const WINDOW: u32 = 256;
pub(crate) const WIDE: u32 = 1_024;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Rust(Kind),
    Foreign(Foreign),
}

impl Who {
    /// All that can be measured here; the bare client is the first.
    pub(crate) fn all() -> Vec<Self> {
        let foreign = Foreign::ALL.into_iter().filter(|foreign| foreign.libraries().is_some());
        Kind::ALL.iter().copied().map(Self::Rust).chain(foreign.map(Self::Foreign)).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust(kind) => kind.name(),
            Self::Foreign(foreign) => foreign.name(),
        }
    }

    fn answers(self) -> Answers {
        match self {
            Self::Rust(kind) => kind.answers(),
            Self::Foreign(_) => Answers::Application,
        }
    }

    fn command(self, url: &str) -> Command {
        match self {
            Self::Rust(kind) => kind.command(url),
            Self::Foreign(foreign) => foreign.command(url),
        }
    }

    /// How many messages are enough to measure it in some tenths of a second.
    fn messages(self) -> u32 {
        match self {
            Self::Rust(_) => 200_000,
            Self::Foreign(Foreign::Node) => 40_000,
            Self::Foreign(Foreign::FastStream) => 4_000,
        }
    }
}

/// What one responder took in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) direct: Cost,
    pub(crate) wide: Cost,
    /// p50 and p99, of one that keeps up.
    pub(crate) latency: Option<(Duration, Duration)>,
    pub(crate) through: Cost,
}

pub(crate) fn measure(who: Who, server: &NatsServer) -> Measured {
    let (answers, messages) = (who.answers(), who.messages());
    let mut responder = Responder::direct(|url| who.command(url));
    load::closed(&mut responder.peer, answers, WIDE, messages / 5);
    let direct = responder.measure(messages, |peer| load::closed(peer, answers, WINDOW, messages));
    let wide = responder.measure(messages, |peer| load::closed(peer, answers, WIDE, messages));
    let keeps_up = wide.rate() > 1.2 * RATE;
    let sorted = keeps_up.then(|| load::open(&mut responder.peer, answers, RATE, SPAN)).flatten();
    let latency = sorted.map(|sorted| (sorted[sorted.len() / 2], sorted[sorted.len() * 99 / 100]));
    drop(responder);

    let mut responder = Responder::through(server.port(), |url| who.command(url));
    load::closed(&mut responder.peer, answers, WINDOW, messages / 10);
    let through = responder.measure(messages / 2, |peer| load::closed(peer, answers, WINDOW, messages / 2));
    Measured { direct, wide, latency, through }
}
