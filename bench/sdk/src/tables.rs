//! The small tables: what some decisions cost, each beside what it would be without.

use crate::respond::Kind;
use crate::respond::variant::{VARIANTS, Variant};
use crate::responder::Cores;
use crate::trial::Trial;
use crate::workload::Answers;

/// What async-nats offers in place of its defaults, which come first.
pub(crate) fn variants() -> Vec<Trial> {
    let trial = |&(name, variant): &(&'static str, Variant)| Trial {
        name: name.to_owned(),
        answers: Answers::Echo,
        command: Box::new(move |url| Variant::command(name, url)),
        listeners: variant.listeners(),
        cores: Cores::Own,
        beside: 0,
        is_deterministic: variant.is_deterministic(),
    };
    VARIANTS.iter().map(trial).collect()
}

/// Those who are asked on two threads, each beside itself on one.
const SHARDED: [Kind; 2] = [Kind::Bare, Kind::ExtensionBytes];

/// A second thread with a connection of its own, where the generator is on the same cores.
pub(crate) fn shards() -> Vec<Trial> {
    let mut trials = Vec::new();
    for kind in SHARDED {
        let one = trials.len();
        trials.extend([1, 2].map(|threads| Trial {
            name: format!("{kind} × {threads}"),
            answers: kind.answers(),
            command: Box::new(move |url| kind.on_threads(threads, url)),
            listeners: threads,
            cores: Cores::Shared,
            beside: one,
            is_deterministic: false,
        }));
    }
    trials
}

/// Requests that are handled at the same time, beside one after another.
pub(crate) fn concurrency() -> Vec<Trial> {
    let trial = |kind: Kind| Trial {
        name: kind.name().to_owned(),
        answers: kind.answers(),
        command: Box::new(move |url| kind.command(url)),
        listeners: 1,
        cores: Cores::Own,
        beside: 0,
        is_deterministic: true,
    };
    [Kind::SequentialBytes, Kind::ByHandBytes, Kind::ExtensionBytes, Kind::ExtensionWaiting].map(trial).into()
}
