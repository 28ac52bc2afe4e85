//! The pipes of all connections, and what is in them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::trace::{Trace, What};
use super::{Dice, Faults};
use crate::message::{Message, Outgoing};

/// What a connection wants of the server.
#[derive(Debug)]
pub(in crate::memory) enum Order {
    Publish(Outgoing),
    Subscribe(u64),
    Leave(u64),
}

/// What is in a pipe.
#[derive(Debug)]
pub(super) enum Parcel {
    Out(Order),
    /// For a subscription; `None` says that nothing more will come.
    In(u64, Option<Message>),
}

/// A direction, seen from the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Out,
    In,
}

impl Parcel {
    const fn way(&self) -> Way {
        match self {
            Self::Out(_) => Way::Out,
            Self::In(..) => Way::In,
        }
    }
}

/// What happens next to a connection.
#[derive(Debug)]
pub(super) enum Step {
    Arrives(Parcel),
    Flows(Way),
    ComesBack,
}

/// What happens, and to which life of which connection: a connection that is lost takes along what was meant
/// for it.
#[derive(Debug)]
struct Planned {
    peer: u64,
    life: u64,
    step: Step,
}

#[derive(Debug)]
struct Pipe {
    /// When the last one in line arrives.
    last: Instant,
    filled: usize,
    stalled: Option<VecDeque<Parcel>>,
}

impl Pipe {
    fn new() -> Self {
        Self { last: Instant::now(), filled: 0, stalled: None }
    }
}

#[derive(Debug)]
struct Wire {
    life: u64,
    is_there: bool,
    out: Pipe,
    r#in: Pipe,
}

impl Wire {
    fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Out => &mut self.out,
            Way::In => &mut self.r#in,
        }
    }
}

/// Everything that is on its way.
#[derive(Debug)]
pub(in crate::memory) struct Network {
    pub(super) faults: Faults,
    pub(super) dice: Dice,
    pub(super) trace: Trace,
    pub(super) wake: Arc<Notify>,
    wires: BTreeMap<u64, Wire>,
    planned: BTreeMap<(Instant, u64), Planned>,
    serial: u64,
}

impl Network {
    /// How much fits into a pipe, in messages.
    const ROOM: usize = 8192;

    pub(super) fn new(faults: Faults) -> Self {
        Self {
            faults,
            dice: Dice::new(faults.seed).fork(),
            trace: Trace::new(),
            wake: Arc::default(),
            wires: BTreeMap::new(),
            planned: BTreeMap::new(),
            serial: 0,
        }
    }

    /// Any number, out of the seed.
    pub(in crate::memory) fn random(&mut self) -> u64 {
        self.dice.roll()
    }

    pub(in crate::memory) fn add(&mut self, peer: u64) {
        let wire = Wire { life: 0, is_there: true, out: Pipe::new(), r#in: Pipe::new() };
        self.wires.insert(peer, wire);
    }

    pub(in crate::memory) fn remove(&mut self, peer: u64) {
        self.wires.remove(&peer);
    }

    /// Whether a pipe takes another parcel.
    pub(in crate::memory) fn has_room(&self, peer: u64) -> bool {
        self.wires.get(&peer).is_some_and(|wire| wire.out.filled < Self::ROOM)
    }

    pub(super) fn is_clogged(&self, peer: u64) -> bool {
        self.wires.get(&peer).is_some_and(|wire| wire.r#in.filled >= Self::ROOM)
    }

    /// What the pipes hold.
    pub(super) fn on_its_way(&self) -> usize {
        self.wires.values().map(|wire| wire.out.filled + wire.r#in.filled).sum()
    }

    pub(in crate::memory) fn send(&mut self, peer: u64, order: Order) {
        self.put(peer, Parcel::Out(order), None);
    }

    /// Puts a parcel into its pipe, behind all others; or on a way of its own, which takes longer by a time.
    pub(super) fn put(&mut self, peer: u64, parcel: Parcel, overtaken: Option<Duration>) {
        let latency = self.up_to(self.faults.latency);
        let Some(wire) = self.wires.get_mut(&peer).filter(|wire| wire.is_there) else { return };
        let life = wire.life;
        let pipe = wire.pipe(parcel.way());
        pipe.filled += 1;
        let mut at = Instant::now() + latency;
        match overtaken {
            Some(by) => at += by,
            None => {
                at = at.max(pipe.last);
                pipe.last = at;
            }
        }
        self.plan(at, Planned { peer, life, step: Step::Arrives(parcel) });
    }

    fn plan(&mut self, at: Instant, planned: Planned) {
        self.serial += 1;
        self.planned.insert((at, self.serial), planned);
        self.wake.notify_one();
    }

    /// When something happens next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.planned.keys().next().map(|(at, _)| *at)
    }

    /// What happens now, if anything does, and to whom.
    pub(super) fn due(&mut self, now: Instant) -> Option<(u64, Step)> {
        loop {
            let next = self.planned.first_entry().filter(|next| next.key().0 <= now)?;
            let Planned { peer, life, step } = next.remove();
            let Some(wire) = self.wires.get_mut(&peer).filter(|wire| wire.life == life) else { continue };
            let Step::Arrives(parcel) = step else { return Some((peer, step)) };
            let pipe = wire.pipe(parcel.way());
            match &mut pipe.stalled {
                Some(stalled) => stalled.push_back(parcel),
                None => {
                    pipe.filled = pipe.filled.saturating_sub(1);
                    return Some((peer, Step::Arrives(parcel)));
                }
            }
        }
    }

    /// The connection is lost with everything in it. Whether there was one.
    pub(super) fn cut(&mut self, peer: u64) -> bool {
        let away = self.up_to(self.faults.away);
        let Some(wire) = self.wires.get_mut(&peer).filter(|wire| wire.is_there) else { return false };
        wire.life += 1;
        (wire.is_there, wire.out, wire.r#in) = (false, Pipe::new(), Pipe::new());
        let life = wire.life;
        self.note(What::Cut, peer);
        self.plan(Instant::now() + away, Planned { peer, life, step: Step::ComesBack });
        true
    }

    pub(super) fn come_back(&mut self, peer: u64) {
        if let Some(wire) = self.wires.get_mut(&peer) {
            (wire.is_there, wire.life) = (true, wire.life + 1);
            self.note(What::Back, peer);
        }
    }

    /// One pipe keeps everything for a while.
    pub(super) fn stall(&mut self, peer: u64, way: Way) {
        let time = self.up_to(self.faults.stalled);
        let Some(wire) = self.wires.get_mut(&peer).filter(|wire| wire.is_there) else { return };
        let life = wire.life;
        wire.pipe(way).stalled.get_or_insert_default();
        self.trace.add(What::Stalled, peer, format!("{way:?}"), &[]);
        self.plan(Instant::now() + time, Planned { peer, life, step: Step::Flows(way) });
    }

    /// It flows again: what it held, in order.
    pub(super) fn flow(&mut self, peer: u64, way: Way) -> VecDeque<Parcel> {
        let Some(pipe) = self.wires.get_mut(&peer).map(|wire| wire.pipe(way)) else {
            return VecDeque::new();
        };
        let Some(held) = pipe.stalled.take() else { return VecDeque::new() };
        pipe.filled = pipe.filled.saturating_sub(held.len());
        self.trace.add(What::Flows, peer, format!("{way:?}"), &[]);
        held
    }

    /// From now on, nothing goes wrong. Who is away, and which pipes stall.
    pub(super) fn calm(&mut self) -> (Vec<u64>, Vec<(u64, Way)>) {
        self.faults = self.faults.calmed();
        let away = self.wires.iter().filter(|(_, wire)| !wire.is_there).map(|(peer, _)| *peer).collect();
        let mut stalled = Vec::new();
        for (peer, wire) in &mut self.wires {
            let ways = [Way::Out, Way::In].into_iter();
            stalled.extend(ways.filter(|way| wire.pipe(*way).stalled.is_some()).map(|way| (*peer, way)));
        }
        (away, stalled)
    }

    /// A time of whole milliseconds.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.dice.below(most.saturating_add(1)))
    }

    pub(super) fn note(&mut self, what: What, peer: u64) {
        self.trace.add(what, peer, "", &[]);
    }
}
