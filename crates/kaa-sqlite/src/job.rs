//! One write, from the queue to its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::SqliteError;

/// A write of any type.
pub(crate) trait Job: Send {
    /// Does the work in a savepoint of the transaction, and takes it back when it fails.
    ///
    /// # Errors
    ///
    /// What failed; the writer that waits is told by [`answer`](Self::answer).
    fn run(&mut self, connection: &Connection) -> Result<(), SqliteError>;

    /// Tells how it ended, once it is known whether the transaction is on the disk.
    fn answer(self: Box<Self>, stored: Result<(), SqliteError>);
}

pub(crate) struct Write<T, F> {
    work: Option<F>,
    done: Option<Result<T, SqliteError>>,
    answer: oneshot::Sender<Result<T, SqliteError>>,
}

impl<T, F> Write<T, F> {
    pub(crate) fn new(work: F, answer: oneshot::Sender<Result<T, SqliteError>>) -> Self {
        Self { work: Some(work), done: None, answer }
    }
}

impl<T, F> Job for Write<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), SqliteError> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let done = in_savepoint(connection, work);
        let told = done.as_ref().map(|_| ()).map_err(SqliteError::again);
        self.done = Some(done);
        told
    }

    fn answer(self: Box<Self>, stored: Result<(), SqliteError>) {
        let answer = match (self.done, stored) {
            // Its own reason is the better one.
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(done), Ok(())) => done,
            (None, Ok(())) => Err(SqliteError::Closed),
        };
        // Whoever stopped waiting does not want to know.
        let _ = self.answer.send(answer);
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, SqliteError> {
    execute(connection, "SAVEPOINT kaa_write")?;
    // What the work leaves behind in the connection is taken back below, so nothing half done is seen.
    let done = match catch_unwind(AssertUnwindSafe(|| work(connection))) {
        Ok(done) => done.map_err(SqliteError::from),
        Err(_) => Err(SqliteError::Panicked),
    };
    let done = done.and_then(|value| Ok(execute(connection, "RELEASE kaa_write").map(|()| value)?));
    if done.is_err()
        && !connection.is_autocommit()
        && connection.execute_batch("ROLLBACK TO kaa_write; RELEASE kaa_write").is_err()
    {
        // What cannot be taken back alone is taken back with everything.
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

/// Every write has these statements, so they are compiled once.
fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}
