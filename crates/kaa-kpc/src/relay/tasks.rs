//! What a relay does by itself: listen, watch the clock, make sure of what was published, tell others about
//! endpoints.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use kaa_bus::{Delivery, Events, SubscribeError, Subscription};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::elce::ConnectedEvent;
use kaa_protocol::subject::SubjectFilter;
use tokio::task::AbortHandle;

use super::core::{Core, Ways};
use super::delivery::Refusal;
use super::incoming::{Origin, Subscribed};
use super::presence::announce;

/// The tasks of a relay. Dropping them ends it.
#[derive(Debug)]
pub(super) struct Tasks {
    core: Arc<Core>,
    tasks: [AbortHandle; 5],
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end();
    }
}

impl Tasks {
    pub(super) async fn start(core: &Arc<Core>) -> Result<Self, SubscribeError> {
        let ears = Ears::open(core).await?;
        let connected = core.messaging.listen(Some(&core.options.instance), Delivery::EveryReplica).await?;
        let tasks = [
            tokio::spawn(listen(Arc::clone(core), ears, connected)).abort_handle(),
            tokio::spawn(watch_the_clock(Arc::clone(core))).abort_handle(),
            tokio::spawn(hear_of_the_forbidden(Arc::clone(core))).abort_handle(),
            tokio::spawn(make_sure(Arc::clone(core))).abort_handle(),
            tokio::spawn(announce(Arc::clone(core))).abort_handle(),
        ];
        Ok(Self { core: Arc::clone(core), tasks })
    }

    /// Takes no request from now on, and nobody waits any more.
    pub(super) fn end(&self) {
        self.core.lock().is_stopping = true;
        self.core.refuse_all(&Refusal::Stopping);
        self.core.barrier.end();
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Where extensions are heard.
struct Ears(Vec<(Subscription, Origin)>);

impl Ears {
    /// The most messages taken from one subscription before the next one gets its turn, and other tasks
    /// get theirs.
    const AT_ONCE: usize = 16;

    async fn open(core: &Core) -> Result<Self, SubscribeError> {
        let speaks_ecs2ext = core.options.dialects.values().any(|dialect| *dialect == Dialect::Ecs2Ext);
        let dialects = [Some(Dialect::Esp), speaks_ecs2ext.then_some(Dialect::Ecs2Ext)];
        let mut ears = Vec::new();
        for dialect in dialects.into_iter().flatten() {
            let Ways { own, service } = core.ways(dialect);
            // First of all: the server sends its notices to the first subscription that fits.
            for (subject, subscribed) in [(own, Subscribed::Alone), (service, Subscribed::Together)] {
                let subscription = core.bus().subscribe(SubjectFilter::from(subject), None).await?;
                ears.push((subscription, Origin { dialect, subscribed }));
            }
        }
        Ok(Self(ears))
    }

    /// Takes in what is there. `false` when nothing more will come.
    fn poll_take_in(&mut self, core: &Core, cx: &mut Context<'_>) -> Poll<bool> {
        let mut is_idle = true;
        for (subscription, origin) in &mut self.0 {
            match subscription.poll_next(cx) {
                Poll::Pending => continue,
                Poll::Ready(None) => return Poll::Ready(false),
                Poll::Ready(Some(message)) => core.take_in(&message, *origin),
            }
            is_idle = false;
            for _ in 1..Self::AT_ONCE {
                let Some(message) = subscription.try_next() else { break };
                core.take_in(&message, *origin);
            }
        }
        if is_idle { Poll::Pending } else { Poll::Ready(true) }
    }
}

async fn listen(core: Arc<Core>, mut ears: Ears, mut connected: Events<ConnectedEvent>) {
    loop {
        tokio::select! {
            // Not by lot, so that the same happens again in a simulation. Events are rare.
            biased;
            event = connected.next() => match event {
                Some(event) => core.hear(event),
                None => break,
            },
            is_open = poll_fn(|cx| ears.poll_take_in(&core, cx)) => if !is_open { break },
        }
    }
    // The bus was closed: no answer can come.
    core.refuse_all(&Refusal::BusAway);
}

async fn watch_the_clock(core: Arc<Core>) {
    loop {
        match core.expire() {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => core.clock.notified().await,
        }
    }
}

async fn hear_of_the_forbidden(core: Arc<Core>) {
    let mut publishes = core.bus().watch_forbidden();
    loop {
        let forbidden = publishes.next().await;
        core.forbidden(&forbidden);
    }
}

async fn make_sure(core: Arc<Core>) {
    core.barrier.serve(core.bus()).await;
}

impl Core {
    /// Waits until no request with a request ID waits any more, but no longer than this.
    pub(super) async fn settled(&self, grace: Duration) {
        let settled = async {
            while self.lock().pending.asked() > 0 {
                self.idle.notified().await;
            }
        };
        // Who still waits then is told so.
        let _ = tokio::time::timeout(grace, settled).await;
    }
}
