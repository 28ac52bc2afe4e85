//! What goes on beside the extension: the [backlog](crate::backlog), the [succession](crate::succession), and
//! the clock, which brings old age, and a second chance for what could not be looked up.

use std::time::Duration;

use kaa_ext::StartError;
use kaa_ext::prelude::*;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use crate::App;
use crate::backlog::{WORKERS, work};
use crate::succession::Succession;

/// How long after a failure the provider is asked again, and how often old age is looked for.
const PAUSE: Duration = Duration::from_secs(5);

/// The tasks, which end when this is dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    workers: JoinSet<()>,
    leave: oneshot::Sender<()>,
    succession: JoinHandle<()>,
}

impl Keeper {
    /// Takes part when this returns: what other replicas say from now on is heard.
    pub(crate) async fn start(
        app: App,
        messaging: Messaging,
        sessions: Sessions,
        heartbeat: Duration,
    ) -> Result<Self, StartError> {
        let succession = Succession::join(app.clone(), sessions, heartbeat).await?;
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            workers.spawn(work(app.clone(), messaging.clone()));
        }
        workers.spawn(remind(app));
        let (leave, left) = oneshot::channel();
        Ok(Self { workers, leave, succession: tokio::spawn(succession.take_part(left)) })
    }

    /// Ends, and leaves the observations to the other replicas.
    pub(crate) async fn end(mut self) {
        self.workers.shutdown().await;
        drop(self.leave);
        if let Err(error) = self.succession.await {
            tracing::error!("the other replicas were not told that this one ends: {error}");
        }
    }
}

async fn remind(app: App) {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        app.observations.expire();
        app.observations.behind().iter().for_each(|watch| app.backlog.put(watch));
    }
}
