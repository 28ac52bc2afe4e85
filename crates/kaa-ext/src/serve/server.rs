//! A running extension: starting it, watching it, stopping it without losing anything.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use kaa_bus::{Bus, Clock, Messaging, SubscribeError, planted};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ism::Address;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::dispatcher::Dispatcher;
use super::entrance::{Entrances, Whose};
use super::intake::Intake;
use super::spare::Spare;
use crate::copies::Copies;
use crate::counters::{Counters, Tally};
use crate::describe::Description;
use crate::discovery::Discovery;
use crate::extension::Extension;
use crate::figures::Figures;
use crate::outlet::{Identity, Outlet};
use crate::session::Sessions;
use crate::time::Deadline;

/// How long the bus may take to confirm a step of the way out. A server that is there takes less
/// than a millisecond; one that is not must not hold up the end.
const CONFIRMATION: Duration = Duration::from_secs(1);

type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An extension about to be served. Await it to serve until the bus closes or the
/// [shutdown signal](Serve::with_graceful_shutdown) comes; or [`start`](Serve::start) it and keep
/// the [`Server`].
#[must_use = "an extension is served when this is awaited or started"]
pub struct Serve {
    extension: Extension,
    bus: Bus,
    clock: Clock,
    signal: Option<Signal>,
}

impl Serve {
    pub(crate) fn new(extension: Extension, bus: Bus) -> Self {
        let clock = bus.clock();
        Self { extension, bus, clock, signal: None }
    }

    pub(crate) fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Stops the extension when `signal` completes: it leaves the queue group, finishes what it
    /// has begun within [`Limits::grace`](crate::Limits::grace) and sends the last answers.
    pub fn with_graceful_shutdown(self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { signal: Some(Box::pin(signal)), ..self }
    }

    /// Subscribes and serves on a task of its own. When this returns, requests are being served.
    ///
    /// # Errors
    ///
    /// [`ServeError::Subscribe`] when the bus refuses a subscription.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(self) -> Result<Server, ServeError> {
        let Self { extension, bus, clock, signal } = self;
        let Extension {
            instance,
            replica,
            communication_service,
            revision,
            dialects,
            limits,
            pipeline,
            receptions,
            shards: _,
            tally,
            figures,
            description,
        } = extension;
        let entrances = Entrances::open(&bus, &instance, &replica, &dialects, &receptions).await?;
        tracing::info!(%instance, %replica, "serving");

        let dialect = dialects.first().copied().unwrap_or_default();
        let discovery = description
            .discovery
            .then(|| Discovery::start(bus.clone(), clock, &replica, &description, figures.clone()));
        let identity = Identity { instance, replica, communication_service, revision, dialect };
        let outlet = Arc::new(Outlet::new(bus.clone(), clock, identity, tally.clone(), figures.clone()));
        let intake = Intake {
            clock,
            limits,
            outlet: outlet.clone(),
            tally: tally.clone(),
            return_path: None,
            copies: Copies::default(),
            spare: Spare::default(),
            adopted: dialects.contains(&Dialect::Ecs2Ext).then(|| outlet.messaging().adopt(&Address::Bare)),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown: Signal = Box::pin(async move {
            // A server that nobody holds any more cannot be asked to stop.
            let asked = async {
                if stopped.await.is_err() {
                    std::future::pending().await
                }
            };
            match signal {
                Some(signal) => tokio::select! { () = signal => {}, () = asked => {} },
                None => asked.await,
            }
        });
        let watched = bus.clone();
        let worker = Worker {
            dispatcher: Dispatcher::new(intake, pipeline, limits, figures.clone()),
            entrances,
            discovery,
            outlet: outlet.clone(),
            bus,
            grace: limits.grace,
        };
        let task = tokio::spawn(worker.run(shutdown));
        Ok(Server { task, end: None, stop: Some(stop), tally, bus: watched, outlet, figures, description })
    }
}

impl IntoFuture for Serve {
    type Output = Result<Stopped, ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.start().await?.wait().await })
    }
}

/// A running extension. Dropping it leaves the extension running.
pub struct Server {
    task: JoinHandle<Result<usize, ServeError>>,
    /// How the task ended, when somebody has seen it end: a task tells that once.
    end: Option<Result<usize, ServeError>>,
    stop: Option<oneshot::Sender<()>>,
    tally: Arc<Tally>,
    bus: Bus,
    outlet: Arc<Outlet>,
    figures: Arc<Figures>,
    description: Arc<Description>,
}

fn counters(tally: &Tally, bus: &Bus) -> Counters {
    Counters { lost: bus.stats().lost, ..tally.snapshot() }
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// What became of all messages.
    pub counters: Counters,
    /// Requests that were not done within the grace period; their devices got 503.
    pub unfinished: usize,
}

impl Stopped {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            counters: self.counters.and(other.counters),
            unfinished: self.unfinished.saturating_add(other.unfinished),
        }
    }
}

impl Server {
    /// What became of the messages so far.
    pub fn counters(&self) -> Counters {
        counters(&self.tally, &self.bus)
    }

    /// The same for one who outlives this value.
    pub(crate) fn read_counters(&self) -> impl Fn() -> Counters + Send + Sync + use<> {
        let (tally, bus) = (Arc::clone(&self.tally), self.bus.clone());
        move || counters(&tally, &bus)
    }

    /// What each function has been asked for, and how that ended.
    pub(crate) fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// What is served.
    pub fn description(&self) -> &Arc<Description> {
        &self.description
    }

    /// Speaking to other services as this replica, outside of handlers.
    pub fn messaging(&self) -> Messaging {
        self.outlet.messaging().clone()
    }

    /// The ways to devices, outside of handlers.
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.outlet.clone())
    }

    /// Stops the server gracefully and waits until it has stopped.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub async fn stop(mut self) -> Result<Stopped, ServeError> {
        if let Some(stop) = self.stop.take() {
            // Nobody listens any more when the server has already stopped.
            let _ = stop.send(());
        }
        self.wait().await
    }

    /// Waits until the server has ended, and leaves it to [`wait`](Self::wait) to say how. Cancel safe.
    pub(crate) async fn ended(&mut self) {
        if self.end.is_none() {
            let joined = (&mut self.task).await;
            self.end = Some(joined.unwrap_or(Err(ServeError::Aborted)));
        }
    }

    /// Waits until the server stops.
    ///
    /// # Errors
    ///
    /// [`ServeError::BusClosed`] when the bus closed under it.
    pub async fn wait(mut self) -> Result<Stopped, ServeError> {
        self.ended().await;
        let Self { end, tally, bus, .. } = self;
        let unfinished = end.unwrap_or(Err(ServeError::Aborted))?;
        Ok(Stopped { counters: counters(&tally, &bus), unfinished })
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("replica", self.outlet.replica())
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

/// Why an extension is not, or no longer, served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The bus refused a subscription.
    #[error("the extension cannot listen for requests")]
    Subscribe(#[from] SubscribeError),
    /// The bus was closed while the extension was serving.
    #[error("the bus was closed while the extension was serving; stop the extension first")]
    BusClosed,
    /// The task of the server did not come to its end.
    #[error("the server was aborted: its runtime ended before it, or it panicked")]
    Aborted,
}

struct Worker {
    dispatcher: Dispatcher,
    entrances: Entrances,
    discovery: Option<Discovery>,
    outlet: Arc<Outlet>,
    bus: Bus,
    grace: Duration,
}

impl Worker {
    async fn run(mut self, shutdown: Signal) -> Result<usize, ServeError> {
        match self.serve(shutdown).await {
            Ended::Asked => Ok(self.wind_down().await),
            Ended::BusClosed => {
                // Nobody can be answered any more, but everything is still accounted for.
                self.dispatcher.abandon().await;
                Err(ServeError::BusClosed)
            }
        }
    }

    async fn serve(&mut self, mut shutdown: Signal) -> Ended {
        let Self { dispatcher, entrances, .. } = self;
        loop {
            let has_room = dispatcher.has_room();
            tokio::select! {
                biased;
                () = &mut shutdown => return Ended::Asked,
                finished = dispatcher.finished() => dispatcher.finish(finished).await,
                next = entrances.next(has_room) => match next {
                    Some((message, brings)) => dispatcher.take(&message, &brings).await,
                    None => return Ended::BusClosed,
                },
            }
            // One after the other, so that no subject can keep the others waiting.
            for entrance in entrances.iter_mut() {
                dispatcher.take_burst(entrance).await;
            }
            dispatcher.audit();
        }
    }

    /// The way out, in the order in which nothing is lost: no new sessions; leave the queue group
    /// and take what was already on its way; finish; then the same for the replica subject; and
    /// only go when the last answers have reached the server.
    async fn wind_down(mut self) -> usize {
        let (half, end) = (Deadline::after(self.grace / 2).at(), Deadline::after(self.grace).at());
        tracing::info!(grace = ?self.grace, "stopping");
        // Who looks for services looks for those that stay.
        self.discovery = None;
        self.outlet.stop_pinning();
        self.leave(Whose::Shared, half).await;
        // Devices that keep sending to the replica subject must not use up all of the grace period.
        let _ = tokio::time::timeout_at(half, self.finish_all()).await;
        self.leave(Whose::Own, end).await;
        let idle = tokio::time::timeout_at(end, self.finish_all()).await;
        let unfinished = if idle.is_ok() { 0 } else { self.dispatcher.abandon().await };
        self.dispatcher.audit();
        self.outlet.settle_all();
        if let Err(error) = self.bus.fence(CONFIRMATION).await {
            tracing::warn!("the last answers may not have reached the bus: {error}");
        }
        tracing::info!(unfinished, "stopped");
        unfinished
    }

    /// Ends subscriptions, all of them in one round trip, and takes everything that was routed to them. What would
    /// rather wait than be refused may do so for a while.
    async fn leave(&mut self, whose: Whose, until: Instant) {
        let Self { dispatcher, entrances, .. } = self;
        let mut leaving: Vec<_> = entrances.iter_mut().filter(|entrance| entrance.whose == whose).collect();
        let drains = leaving.iter_mut().map(|entrance| entrance.subscription.drain(CONFIRMATION));
        for error in join_all(drains).await.into_iter().filter_map(Result::err) {
            tracing::warn!("messages may have been lost on the way out: {error}");
        }
        for entrance in leaving {
            if planted!("a drain drops its queue") {
                continue;
            }
            dispatcher.room_for(&entrance.brings, until).await;
            while let Some(message) = entrance.subscription.next().await {
                dispatcher.take(&message, &entrance.brings).await;
                dispatcher.take_burst(entrance).await;
                dispatcher.room_for(&entrance.brings, until).await;
            }
        }
    }

    /// Waits until every handler is done, while the subjects of this replica are still served.
    async fn finish_all(&mut self) {
        let Self { dispatcher, entrances, .. } = self;
        while !dispatcher.is_idle() {
            tokio::select! {
                biased;
                finished = dispatcher.finished() => dispatcher.finish(finished).await,
                (message, brings) = entrances.next_own() => {
                    dispatcher.take(&message, &brings).await;
                }
            }
        }
    }
}

/// Why serving ended.
enum Ended {
    Asked,
    BusClosed,
}
