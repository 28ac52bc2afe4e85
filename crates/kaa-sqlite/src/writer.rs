//! The one thread that writes.

use std::sync::Mutex;
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::SqliteError;

/// How many writes may wait.
const WAITING: usize = 4_096;

/// How many writes are one transaction at most.
const GROUP: usize = 1_024;

/// A write: does its work in a savepoint, and gives what is to be called after the commit.
type Job = Box<dyn FnOnce(&Connection) -> Confirm + Send>;
type Confirm = Box<dyn FnOnce(Result<(), SqliteError>) + Send>;

#[derive(Debug)]
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    ended: tokio::sync::Mutex<Option<oneshot::Receiver<()>>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection) -> Self {
        let (queue, jobs) = mpsc::channel(WAITING);
        let (end, ended) = oneshot::channel();
        thread::spawn(move || {
            work(connection, jobs);
            let _ = end.send(());
        });
        Self { queue: Mutex::new(Some(queue)), ended: tokio::sync::Mutex::new(Some(ended)) }
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = in_savepoint(connection, work);
            Box::new(move |committed| {
                let _ = answer.send(committed.and_then(|()| done.map_err(SqliteError::from)));
            })
        });
        let queue = self.queue.lock().map_err(|_| SqliteError::Closed)?.clone().ok_or(SqliteError::Closed)?;
        queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SqliteError::Busy,
            mpsc::error::TrySendError::Closed(_) => SqliteError::Closed,
        })?;
        drop(queue);
        answered.await.map_err(|_| SqliteError::Closed)?
    }

    pub(crate) async fn close(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.take();
        }
        if let Some(ended) = self.ended.lock().await.take() {
            let _ = ended.await;
        }
    }
}

// SKELETON: kinds of errors (full, read-only), a failed BEGIN, panics of the work.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT job")?;
    let done = work(connection);
    connection.execute_batch(if done.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    done
}

fn work(connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        let mut confirms = vec![first(&connection)];
        while confirms.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            confirms.push(next(&connection));
        }
        let committed = begun.and_then(|()| connection.execute_batch("COMMIT"));
        if committed.is_err() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        for confirm in confirms {
            confirm(committed.as_ref().map(|()| ()).map_err(|_| SqliteError::Full));
        }
    }
}
