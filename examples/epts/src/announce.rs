//! 14/TSTP: telling everybody about new points, as well as it goes.
//!
//! An event that does not go out is not sent again: the points are in the store.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kaa_ext::bus::Messaging;
use kaa_ext::protocol::name::Token;
use kaa_ext::protocol::tstp::{DataPoint, DataValue, TimeSeriesEvent};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::batch::Batch;
use crate::tally::Tally;

/// How many batches may wait to be announced.
const WAITING: usize = 1_024;

/// How many points they may have, all together.
const WAITING_POINTS: usize = 500_000;

/// How many points one event has at most: some 40 KiB.
const POINTS: usize = 1_000;

/// How long the bus may take to accept one event.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long the end may take.
const GRACE: Duration = Duration::from_secs(5);

/// Where stored batches are handed in to be announced. Clones share the queue.
#[derive(Debug, Clone)]
pub(crate) struct Announcer {
    queue: mpsc::Sender<News>,
    room: Arc<Semaphore>,
    tally: Arc<Tally>,
}

/// The task that announces, as long as it runs.
#[derive(Debug)]
pub(crate) struct Announcing {
    queue: mpsc::Sender<News>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct News {
    messaging: Messaging,
    batch: Arc<Batch>,
    _room: OwnedSemaphorePermit,
}

impl Announcer {
    /// Begins to announce.
    pub(crate) fn start(tally: Arc<Tally>) -> (Self, Announcing) {
        let (queue, news) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(announce_all(news, stopped, tally.clone()));
        let announcer = Self { queue: queue.clone(), room: Arc::new(Semaphore::new(WAITING_POINTS)), tally };
        (announcer, Announcing { queue, stop, task })
    }

    /// Never waits: the confirmation of the batch comes first.
    pub(crate) fn announce(&self, messaging: Messaging, batch: &Arc<Batch>) {
        let points = batch.points();
        if points == 0 {
            return;
        }
        let room =
            u32::try_from(points).ok().and_then(|many| self.room.clone().try_acquire_many_owned(many).ok());
        let queued = room
            .and_then(|room| self.queue.try_send(News { messaging, batch: batch.clone(), _room: room }).ok());
        if queued.is_none() {
            self.tally.unannounced.add(by_series(batch).len() as u64);
        }
    }
}

impl Announcing {
    /// Announces what waits, takes nothing more, and ends.
    pub(crate) async fn end(mut self) {
        drop(self.stop);
        if timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
            let batches = 1 + self.queue.max_capacity() - self.queue.capacity();
            tracing::warn!(
                batches,
                "not all points could be announced within {GRACE:?}; they are in the store"
            );
        }
    }
}

/// One batch after the other, until the end has come and nothing waits any more.
async fn announce_all(mut news: mpsc::Receiver<News>, mut stopped: oneshot::Receiver<()>, tally: Arc<Tally>) {
    loop {
        let next = tokio::select! {
            biased;
            _ = &mut stopped, if !news.is_closed() => {
                news.close();
                continue;
            }
            next = news.recv() => next,
        };
        let Some(News { messaging, batch, _room }) = next else { break };
        announce(&messaging, &batch, &tally).await;
    }
}

fn by_series(batch: &Batch) -> BTreeMap<&str, Vec<(i64, f64)>> {
    let mut series: BTreeMap<&str, Vec<(i64, f64)>> = BTreeMap::new();
    for sample in &batch.samples {
        for (name, value) in &sample.values {
            series.entry(name).or_default().push((sample.time, *value));
        }
    }
    series
}

async fn announce(messaging: &Messaging, batch: &Batch, tally: &Tally) {
    for (name, points) in by_series(batch) {
        let name = format!("auto~{name}");
        if name.parse::<Token>().is_err() {
            tally.unnameable.add(1);
            continue;
        }
        for points in points.chunks(POINTS) {
            let event = event(batch, &name, points);
            match timeout(DEADLINE, messaging.publish_event(&event)).await {
                Ok(Ok(())) => tally.announced.add(1),
                Ok(Err(error)) => {
                    tracing::warn!("{name} of {} was not announced: {error}", batch.endpoint);
                    tally.unannounced.add(1);
                }
                Err(_) => tally.unannounced.add(1),
            }
        }
    }
}

fn event(batch: &Batch, name: &str, points: &[(i64, f64)]) -> TimeSeriesEvent {
    let point = |(timestamp, value): &(i64, f64)| DataPoint {
        ingestion_timestamp: batch.sent,
        timestamp: *timestamp,
        values: [("value", DataValue::Double(*value))].into_iter().collect(),
    };
    TimeSeriesEvent {
        app_version_name: batch.app_version.as_str().into(),
        endpoint_id: batch.endpoint.as_str().into(),
        time_series_name: name.into(),
        data_points: points.iter().map(point).collect(),
        ..TimeSeriesEvent::default()
    }
}
