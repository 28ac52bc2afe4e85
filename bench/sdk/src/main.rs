//! What an extension costs beside a bare async-nats client that answers the same messages.
//!
//! ```text
//! direct:   load generator, which plays the NATS server (core 0) ◄──► responder (core 1)
//! through:  load generator ◄──► nats-server ◄──► responder
//! ```
//!
//! Directly, the responder is the bottleneck, and what is measured is the responder alone: its CPU time per
//! message separates SDKs to a few per cent. Through a server, which costs more than most responders, it is seen
//! what is left of that. Every responder is a process of its own, and is measured beside all others in each round.
//!
//! | module | one idea |
//! |---|---|
//! | [`workload`] | the message that is asked, and what is a right answer to it |
//! | [`respond`] | who answers: one subcommand for each |
//! | [`foreign`] | responders that are not written in Rust |
//! | [`responder`] | a responder as a process: where it runs, what it takes |
//! | [`wire`] | a socket that carries the NATS protocol |
//! | [`peer`] | the two parts that the generator plays: the server, and a client |
//! | [`server`] | what of a server a responder needs that nobody asks yet |
//! | [`load`] | how it asks: so many at a time, or at their time whether or not answers have come |
//! | [`rounds`] | the measured rounds |
//! | [`counts`] | instructions and allocations per message, counted by valgrind |
//! | [`gate`] | what of the counts may not grow |
//! | [`report`] | the table, and the same as JSON |

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a benchmark, read by a person"
)]

mod counts;
mod load;
mod peer;
mod respond;
mod responder;
mod server;
mod wire;
mod workload;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["respond", kind, url] => respond::run(kind.parse().unwrap_or_else(|error| panic!("{error}")), url),
        ["record", kind, messages, file] => {
            counts::record(kind.parse().unwrap(), messages.parse().unwrap(), std::path::Path::new(file));
        }
        ["count", kind] => println!("{kind}: {:?}", counts::Counts::of(kind.parse().unwrap())),
        ["try", kind] => attempt(kind.parse().unwrap_or_else(|error| panic!("{error}"))),
        _ => panic!("bench-sdk respond <kind> <url>"),
    }
}

fn attempt(kind: respond::Kind) {
    let mut r = responder::Responder::direct(|url| {
        let mut c = std::process::Command::new(std::env::current_exe().unwrap());
        c.args(["respond", kind.name(), url]);
        c
    });
    load::closed(&mut r.peer, kind.answers(), 256, 20_000);
    let cost = r.measure(300_000, |peer| load::closed(peer, kind.answers(), 256, 300_000));
    println!("{kind}: {:.3} us {:.0}/s {}", cost.microseconds(), cost.rate(), cost.memory);
}
