//! The observations whose endpoints may not have the latest, and those who see to it.
//!
//! Whoever has a hint puts the observation here and goes on. However many hints there are, each observation
//! waits here once, so this is as bounded as they are.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_ext::prelude::*;
use tokio::sync::Notify;

use crate::App;
use crate::watch::Watch;

/// How many endpoints are looked after at once: a provider that comes back is not overrun.
pub(crate) const WORKERS: usize = 16;

/// Observations that wait for somebody to look them up.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    queue: Mutex<VecDeque<Arc<Watch>>>,
    news: Notify,
}

impl Backlog {
    /// Has it looked up, if this replica has it.
    pub(crate) fn put(&self, watch: &Arc<Watch>) {
        if watch.is_behind() && watch.enters_backlog() {
            self.lock().push_back(watch.clone());
            self.news.notify_one();
        }
    }

    async fn take(&self) -> Arc<Watch> {
        loop {
            let next = self.lock().pop_front();
            match next {
                Some(watch) => {
                    watch.leaves_backlog();
                    return watch;
                }
                None => self.news.notified().await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Watch>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of those who look after the backlog, for ever.
pub(crate) async fn work(app: App, messaging: Messaging) {
    loop {
        let watch = app.backlog.take().await;
        match watch.catch_up(&app.provider, &app.siblings, &messaging).await {
            Ok(()) => app.backlog.put(&watch),
            Err(failure) => {
                tracing::warn!(endpoint = %watch.endpoint(), "will be looked up again: {failure}")
            }
        }
    }
}
