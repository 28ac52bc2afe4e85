//! What goes on beside the extension: notices of other replicas, hints that could not be followed, old age.

use std::sync::Arc;
use std::time::Duration;

use kaa_ext::bus::{SubscribeError, Subscription};
use kaa_ext::prelude::*;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::App;

/// How long after a failure the provider is asked again, and how often old age is looked for.
const PAUSE: Duration = Duration::from_secs(5);

/// Two tasks, which end when this is dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    _tasks: JoinSet<()>,
}

impl Keeper {
    pub(crate) async fn start(app: App, messaging: Messaging) -> Result<Self, SubscribeError> {
        let notices = app.siblings.listen(&messaging).await?;
        let (app, news) = (Arc::new(app), Arc::new(Notify::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(app.clone(), notices, news.clone()));
        tasks.spawn(follow_up(app, messaging, news));
        Ok(Self { _tasks: tasks })
    }
}

async fn listen(app: Arc<App>, mut notices: Subscription, news: Arc<Notify>) {
    while let Some(message) = notices.next().await {
        let Some(notice) = app.siblings.heard(&message.payload) else { continue };
        let Ok((endpoint, name)) = notice.about() else { continue };
        let Some(config_id) = notice.told else {
            app.observations.end(&endpoint, name.as_ref(), &notice.claim);
            continue;
        };
        for watch in app.observations.of_endpoint(&endpoint) {
            if watch.name() == name.as_ref() {
                watch.hint_of_answer(config_id.clone());
                news.notify_one();
            }
        }
    }
}

/// One after the other: a provider that comes back is not overrun.
async fn follow_up(app: Arc<App>, messaging: Messaging, news: Arc<Notify>) {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => app.observations.expire(),
            () = news.notified() => {}
        }
        for watch in app.observations.behind() {
            if let Err(failure) = watch.catch_up(&app.provider, &messaging).await {
                tracing::warn!(endpoint = %watch.key().endpoint, "will be looked up again: {failure}");
            }
        }
    }
}
