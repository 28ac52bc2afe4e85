//! The one thread that writes.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::SqliteError;
use crate::group;
use crate::job::{Job, Write};

/// How many writes may wait.
pub(crate) const WAITING: usize = 4_096;

/// How many writes are one transaction at most.
const GROUP: usize = 1_024;

type Queued = Box<dyn Job>;

/// The way to the thread, which ends with it.
#[derive(Debug)]
pub(crate) struct Writer {
    /// `None` when the database is closed.
    queue: Mutex<Option<mpsc::Sender<Queued>>>,
    /// Its sender is dropped when the thread has closed the file.
    ended: watch::Receiver<()>,
}

impl Writer {
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(WAITING);
        let (end, ended) = watch::channel(());
        thread::Builder::new().name("sqlite".to_owned()).spawn(move || {
            work(connection, jobs);
            drop(end);
        })?;
        Ok(Self { queue: Mutex::new(Some(queue)), ended })
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Box::new(Write::new(work, answer)))?;
        answered.await.map_err(|_| SqliteError::Closed)?
    }

    fn enqueue(&self, job: Queued) -> Result<(), SqliteError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().ok_or(SqliteError::Closed)?.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SqliteError::Busy,
            mpsc::error::TrySendError::Closed(_) => SqliteError::Closed,
        })
    }

    /// Takes no more writes, and waits until those that wait are done and the file is closed.
    pub(crate) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

/// What waited while the disk was busy with one group is the next one.
fn work(connection: Connection, mut jobs: mpsc::Receiver<Queued>) {
    let mut waiting = Vec::new();
    while jobs.blocking_recv_many(&mut waiting, GROUP) > 0 {
        group::store(&connection, waiting.drain(..));
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!("the database was not closed in order: {error}");
    }
}
