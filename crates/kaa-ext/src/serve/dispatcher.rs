//! The task that receives: it never waits for a handler.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use kaa_bus::{Backlog, Message, planted};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::admission::Admission;
use super::done::{Done, Took};
use super::entrance::{Brings, Entrance};
use super::guard::{Guard, Interrupted};
use super::intake::{Intake, Taken};
use super::lanes::{Lanes, Place};
use super::station::Station;
use crate::envelope::Envelope;
use crate::failure::Failure;
use crate::figures::{Figures, Times};
use crate::limits::Limits;
use crate::outlet::Sent;
use crate::overload::Overload;
use crate::pipeline::Pipeline;
use crate::request::Request;

/// The most messages taken before everybody else gets to run. A pause costs a look at the network.
const BURST: usize = 128;

/// The same while handlers wait to go on, which keeps their places in admission and their lanes.
const SHORT_BURST: usize = 32;

/// Takes messages in, starts their handlers and keeps account of both.
pub(super) struct Dispatcher {
    intake: Intake,
    admission: Admission,
    lanes: Lanes,
    station: Arc<Station>,
    /// Handlers that have to wait, and answers the bus has no room for yet.
    waiting: JoinSet<Done>,
    /// The same by task, for the day they have to be given up.
    envelopes: HashMap<Id, Arc<Envelope>>,
}

impl Dispatcher {
    pub(super) fn new(intake: Intake, pipeline: Pipeline, limits: Limits, figures: Arc<Figures>) -> Self {
        let (outlet, tally) = (intake.outlet.clone(), intake.tally.clone());
        let station = Station { pipeline, outlet, tally, figures };
        Self {
            intake,
            admission: Admission::new(limits),
            lanes: Lanes::new(limits.per_endpoint),
            station: Arc::new(station),
            waiting: JoinSet::new(),
            envelopes: HashMap::new(),
        }
    }

    /// Nothing is waiting and nothing is in line.
    pub(super) fn is_idle(&self) -> bool {
        self.admission.is_empty() && self.waiting.is_empty()
    }

    /// There is room for more.
    pub(super) fn has_room(&self) -> bool {
        !self.admission.is_full()
    }

    /// Waits until there is room for what would rather wait than be refused, or until its time is over.
    pub(super) async fn room_for(&mut self, brings: &Brings, until: Instant) {
        while brings.overload().waits() && !self.has_room() {
            let Ok(finished) = timeout_at(until, self.finished()).await else { return };
            self.finish(finished).await;
        }
    }

    /// Every message that came in is accounted for, once.
    pub(super) fn audit(&self) {
        debug_assert!(
            !self.is_idle() || self.station.tally.snapshot().is_balanced(),
            "nothing is in flight, and yet: {:?}",
            self.station.tally.snapshot()
        );
    }

    /// Takes the messages that are there already, up to a number: asking for each of them anew costs
    /// as much as decoding one. Then the handlers that wait, the connection and everybody else get to
    /// run, and the handlers that are done are booked.
    pub(super) async fn take_burst(&mut self, entrance: &mut Entrance) {
        if !at_once(|context| self.burst(entrance, context)).await {
            return;
        }
        tokio::task::yield_now().await;
        while let Some(finished) = self.waiting.try_join_next_with_id() {
            self.finish(Finished(finished)).await;
        }
    }

    /// The burst itself; whether a pause has to follow.
    ///
    /// No future is made for a message on its way: that costs more than a hundred instructions.
    fn burst(&mut self, entrance: &mut Entrance, context: &mut Context<'_>) -> bool {
        for taken in 0..BURST {
            if taken == SHORT_BURST && !self.waiting.is_empty() {
                break;
            }
            if entrance.brings.overload().waits() && !self.has_room() {
                break;
            }
            match entrance.subscription.try_next() {
                Some(message) => {
                    self.carry(&message, &entrance.brings, entrance.subscription.backlog(), context);
                }
                // Nobody waits, or nothing was taken: the next look at the subscriptions is a pause by itself.
                None if self.waiting.is_empty() || taken == 0 => return false,
                None => break,
            }
        }
        true
    }

    /// Takes a message all the way, or as far as it goes without waiting, whatever may be behind it.
    pub(super) async fn take(&mut self, message: &Message, brings: &Brings) {
        at_once(|context| self.carry(message, brings, Backlog::default(), context)).await;
    }

    /// The same at once; `backlog` is what waits behind it.
    fn carry(&mut self, message: &Message, brings: &Brings, backlog: Backlog, context: &mut Context<'_>) {
        match self.intake.take(message, brings) {
            Taken::Dropped => {}
            Taken::Refused(envelope, failure) => self.refuse(&envelope, failure, Refusal::Invalid),
            Taken::Request(envelope) => self.admit(envelope, brings.overload(), backlog, context),
        }
    }

    fn admit(
        &mut self,
        envelope: Arc<Envelope>,
        overload: Overload,
        backlog: Backlog,
        context: &mut Context<'_>,
    ) {
        if !self.enters(envelope.len(), overload, backlog) {
            let failure = Failure::unavailable("the extension has more requests than it takes at once");
            return self.refuse(&envelope, failure, Refusal::Shed);
        }
        match self.lanes.enter(envelope, overload) {
            Place::InLine => {}
            Place::First(request) => self.start(request, Waited::No, context),
            Place::NoRoom(request) => {
                self.give_up(&request, "too many requests of this endpoint are waiting");
            }
            Place::InsteadOf(older) => self.give_up(&older, "a newer one has come before its turn"),
        }
    }

    /// Whether there is room, which is taken then.
    fn enters(&mut self, bytes: usize, overload: Overload, backlog: Backlog) -> bool {
        if overload.waits() && self.has_room() {
            self.admission.enter_anyway(bytes);
            return true;
        }
        // What waits unseen is refused before the bus drops it without a word: that costs little beside a handler.
        !self.admission.is_exceeded_by(backlog) && self.admission.enter(bytes).is_ok()
    }

    /// Refuses what was admitted.
    fn give_up(&mut self, envelope: &Envelope, why: &'static str) {
        self.admission.leave(envelope.len());
        self.refuse(envelope, Failure::unavailable(why), Refusal::Shed);
    }

    /// Handles a request and those behind it, until one of them has to wait.
    ///
    /// The handler is polled once, right here; only one that is not done becomes a task.
    fn start(&mut self, first: Arc<Envelope>, mut waited: Waited, context: &mut Context<'_>) {
        let mut next = Some(first);
        while let Some(envelope) = next.take() {
            let station = &self.station;
            let left_line = (waited == Waited::InLine).then(Instant::now);
            if left_line.is_some_and(|now| envelope.deadline().at() <= now) {
                let reply = station.interrupted(&envelope, &Interrupted::TimedOut);
                let sent = station.outlet.try_answer(&envelope.sender(), &reply).unwrap_or(Sent::Failed);
                next = self.settle(&envelope, &Done::new(sent, &reply, left_line, Took::Unknown));
                continue;
            }
            waited = Waited::InLine;
            let mut handler = Guard::start(&station.pipeline, Request::new(envelope.clone()));
            let Poll::Ready(result) = Pin::new(&mut handler).poll(context) else {
                let (station, envelope) = (station.clone(), envelope.clone());
                return self.wait(&envelope.clone(), async move {
                    let reply = station.reply(&envelope, handler.await);
                    let handler = left_line.unwrap_or(envelope.arrived()).elapsed();
                    let sent = station.outlet.answer(&envelope.sender(), &reply).await;
                    let times = Times { handler, in_all: envelope.arrived().elapsed() };
                    Done::new(sent, &reply, left_line, Took::Time(times))
                });
            };
            let reply = station.reply(&envelope, result);
            let Ok(sent) = station.outlet.try_answer(&envelope.sender(), &reply) else {
                let (station, envelope) = (station.clone(), envelope.clone());
                return self.wait(&envelope.clone(), async move {
                    let sent = station.outlet.answer(&envelope.sender(), &reply).await;
                    Done::new(sent, &reply, left_line, Took::Unknown)
                });
            };
            next = self.settle(&envelope, &Done::new(sent, &reply, left_line, Took::NoTime));
            self.intake.spare.keep(envelope);
        }
    }

    /// Makes a task of what has to wait. The following requests of its endpoint wait in its lane.
    fn wait(&mut self, envelope: &Arc<Envelope>, work: impl Future<Output = Done> + Send + 'static) {
        self.lanes.occupy(envelope);
        let task = self.waiting.spawn(work).id();
        self.envelopes.insert(task, envelope.clone());
        self.tell_waiting();
    }

    /// How many wait, for whoever looks.
    fn tell_waiting(&self) {
        self.station.figures.waiting.store(self.envelopes.len(), Relaxed);
    }

    /// Waits for a handler that had to wait. Pending forever when there is none.
    ///
    /// Cancel safe: a handler that is done is either returned or still there.
    pub(super) async fn finished(&mut self) -> Finished {
        match self.waiting.join_next_with_id().await {
            Some(finished) => Finished(finished),
            None => std::future::pending().await,
        }
    }

    /// Books what a waiting handler came to, and goes on with its lane.
    pub(super) async fn finish(&mut self, Finished(finished): Finished) {
        let (id, done) = match finished {
            Ok((id, done)) => (id, done),
            // Panics of handlers are caught in the guard; one that gets here came out of a destructor.
            Err(error) => (error.id(), Done::broken()),
        };
        let envelope = self.envelopes.remove(&id);
        self.tell_waiting();
        if let Some(envelope) = envelope
            && let Some(next) = self.settle(&envelope, &done)
        {
            at_once(|context| self.start(next, Waited::InLine, context)).await;
        }
    }

    /// Gives up whatever is not done: its devices get 503.
    pub(super) async fn abandon(&mut self) -> usize {
        self.waiting.abort_all();
        while let Some(finished) = self.waiting.join_next_with_id().await {
            // What was done before it could be aborted has been answered, also when it panicked afterwards.
            let done = match finished {
                Ok((id, done)) => Some((id, done)),
                Err(error) => error.is_panic().then(|| (error.id(), Done::broken())),
            };
            if let Some((id, done)) = done
                && let Some(envelope) = self.envelopes.remove(&id)
            {
                self.admission.leave(envelope.len());
                self.station.book(&envelope, &done);
            }
        }
        self.station.figures.waiting.store(0, Relaxed);
        let unfinished: Vec<_> = self.envelopes.drain().map(|(_, envelope)| envelope).collect();
        let mut unfinished: Vec<_> = unfinished.into_iter().chain(self.lanes.drain()).collect();
        // In the same order whenever the same happens.
        unfinished.sort_by(|one, other| one.correlation_id().cmp(other.correlation_id()));
        for envelope in &unfinished {
            self.admission.leave(envelope.len());
            let failure = Failure::unavailable("the extension was stopped before the request was done");
            self.refuse(envelope, failure, Refusal::Shed);
        }
        unfinished.len()
    }

    /// Books a request that is done; the next one of its endpoint may start.
    fn settle(&mut self, envelope: &Arc<Envelope>, done: &Done) -> Option<Arc<Envelope>> {
        if !planted!("a place is never given back") {
            self.admission.leave(envelope.len());
        }
        self.station.book(envelope, done);
        self.lanes.next(envelope)
    }

    /// Tells the sender of a message why it is not handled.
    fn refuse(&self, envelope: &Envelope, failure: Failure, refusal: Refusal) {
        let Station { outlet, tally, figures, .. } = &*self.station;
        figures.of(envelope.reached()).count(failure.status().code());
        envelope.ends(failure.status().code());
        let (what, correlation_id, why) = (envelope.title(), envelope.correlation_id(), failure.to_string());
        // When not even the bus keeps up, waiting for it would turn overload into silence for all.
        match (outlet.try_answer(&envelope.sender(), &failure.into()).unwrap_or(Sent::Failed), refusal) {
            (Sent::Failed, _) => tally.failed_to_send(),
            (Sent::Published, Refusal::Invalid) => tally.answered(),
            (Sent::Published, Refusal::Shed) if planted!("what is shed is not counted") => {}
            (Sent::Published, Refusal::Shed) => tally.shed(),
            // An event that nobody waits for: the log is the only place to learn of it.
            (Sent::Silent, refusal) => {
                tracing::warn!(what, correlation_id, "message dropped: {why}");
                match refusal {
                    Refusal::Invalid => tally.malformed(),
                    Refusal::Shed => tally.shed(),
                }
            }
        }
    }
}

/// Why a message is not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// It is wrong as a whole.
    Invalid,
    /// There is too much to do, or no time left.
    Shed,
}

/// Whether a request was in line before its turn came: its time may be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    No,
    InLine,
}

/// Does something that looks at futures and waits for none.
async fn at_once<T>(work: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let mut work = Some(work);
    poll_fn(|context| work.take().map_or(Poll::Pending, |work| Poll::Ready(work(context)))).await
}

/// A waiting handler that is done; opaque outside of the dispatcher.
pub(super) struct Finished(Result<(Id, Done), JoinError>);
