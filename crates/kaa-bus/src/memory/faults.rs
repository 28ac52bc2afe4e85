//! What can go wrong on the bus inside the process, drawn from a seed.
//!
//! ```text
//!  publish ──► out: FIFO, latency ──► Router ──► in: FIFO, latency ──► subscriptions
//!              lost with the connection │ drops, duplicates,           lost with the connection
//!              stalls                   │ delays, corrupts             stalls
//! ```
//!
//! Every connection has two pipes, as a socket has. What is in them is lost when the connection is, a
//! subscription of a lost connection hears nothing until it is back, and a stalled pipe keeps everything in
//! order until it flows again. One task carries the messages, in tokio's time: with paused time, and a
//! runtime of one thread, everything that happens follows from the seed.
//!
//! | file | what it does |
//! |---|---|
//! | `server` | [`FaultyServer`]: connections are made here, and cut |
//! | `network` | the pipes, and what happens in them |
//! | `routing` | what the server does with what comes out of one |
//! | `dice` | [`Dice`]: the generator all decisions come from |
//! | `trace` | what was decided and delivered, as a hash and as lines |

mod dice;
mod network;
mod routing;
mod server;
#[cfg(test)]
mod tests;
mod trace;

use std::time::Duration;

pub use dice::Dice;
pub(super) use network::{Network, Order};
pub use server::FaultyServer;

/// How often what goes wrong: chances in 10,000, each by itself.
///
/// A message that a connection sends to itself never leaves its server, so it can be late, and be lost with
/// the connection, but nothing else happens to it: such a round trip is how a [`Bus`](crate::Bus) knows that
/// everything before it has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Faults {
    /// Where the decisions come from.
    pub seed: u64,
    /// A message takes at most this time in each pipe. Whole milliseconds count.
    pub latency: Duration,
    /// A delivery that never arrives.
    pub drop: u32,
    /// A delivery that arrives twice.
    pub duplicate: u32,
    /// A delivery that later ones overtake.
    pub reorder: u32,
    /// By how much such a delivery is late, at most; at least 1 ms.
    pub reorder_by: Duration,
    /// A delivery whose payload has one other bit, or has lost its end.
    pub corrupt: u32,
    /// A message with a return address that finds nobody although somebody listens, as while the servers
    /// of a cluster do not know yet of a new subscription.
    pub unserved: u32,
    /// A publication after which the connection is lost, with all that is on its way.
    pub disconnect: u32,
    /// How long it stays away, at most.
    pub away: Duration,
    /// A publication after which a pipe of its connection stalls, or both.
    pub stall: u32,
    /// How long it stalls, at most.
    pub stalled: Duration,
    /// The most messages that wait in one subscription; more are lost (a slow consumer).
    pub waiting: usize,
}

impl Faults {
    /// The chance of what happens every time.
    pub const ALWAYS: u32 = 10_000;

    /// Nothing goes wrong.
    pub const fn none(seed: u64) -> Self {
        Self {
            seed,
            latency: Duration::ZERO,
            drop: 0,
            duplicate: 0,
            reorder: 0,
            reorder_by: Duration::from_millis(1),
            corrupt: 0,
            unserved: 0,
            disconnect: 0,
            away: Duration::ZERO,
            stall: 0,
            stalled: Duration::ZERO,
            waiting: 65_536,
        }
    }

    /// A mixture of its own for every seed: half of what can go wrong does not, so that the other half is
    /// seen undisturbed (swarm testing). Payloads are corrupted for a quarter of the seeds.
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut now_and_then = |most: u64| -> u32 {
            let chance = if dice.one_in(2) { 0 } else { 1 + dice.below(most) };
            u32::try_from(chance).unwrap_or_default()
        };
        let (drop, duplicate, reorder) = (now_and_then(800), now_and_then(800), now_and_then(2000));
        let (corrupt, unserved) = (now_and_then(500), now_and_then(500));
        let (disconnect, stall) = (now_and_then(200), now_and_then(200));
        let mut up_to = |most: u64| Duration::from_millis(1 + dice.below(most));
        let (latency, reorder_by) = (up_to(30), up_to(500));
        let (away, stalled) = (up_to(5_000), up_to(8_000));
        let waiting = if dice.one_in(8) { 2 } else { 65_536 };
        // It hides what is wrong with the contents of messages, so more seeds go without it.
        let corrupt = if dice.one_in(2) { corrupt } else { 0 };
        Self {
            seed,
            latency,
            drop,
            duplicate,
            reorder,
            reorder_by,
            corrupt,
            unserved,
            disconnect,
            away,
            stall,
            stalled,
            waiting,
        }
    }

    /// The same without anything that goes wrong: messages only take their time.
    #[must_use]
    pub fn calmed(self) -> Self {
        let Self { seed, latency, waiting, .. } = self;
        Self { latency, waiting, ..Self::none(seed) }
    }
}
