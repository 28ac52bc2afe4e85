//! Many writes, one transaction, one fsync.

use rusqlite::Connection;

use crate::error::SqliteError;
use crate::job::Job;

/// Does all writes and answers each, after the transaction it was in has ended.
///
/// Some errors, a full disk among them, make SQLite take back the whole transaction. The writes that were in it
/// cannot be done again and fail with it; those after it get a transaction of their own.
pub(crate) fn store(connection: &Connection, group: impl Iterator<Item = Box<dyn Job>>) {
    let mut group = group.peekable();
    while group.peek().is_some() {
        let mut done = Vec::new();
        let stored = transaction(connection, &mut group, &mut done);
        for job in done {
            job.answer(stored.as_ref().copied().map_err(SqliteError::again));
        }
    }
}

/// Moves the writes of one transaction from `group` to `done`.
fn transaction(
    connection: &Connection,
    group: &mut impl Iterator<Item = Box<dyn Job>>,
    done: &mut Vec<Box<dyn Job>>,
) -> Result<(), SqliteError> {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        done.extend(group);
        return Err(error.into());
    }
    for mut job in group {
        let ran = job.run(connection);
        done.push(job);
        if connection.is_autocommit() {
            return Err(ran.err().unwrap_or(SqliteError::Closed));
        }
    }
    connection.execute_batch("COMMIT").map_err(|error| {
        // SQLite may have done so itself.
        let _ = connection.execute_batch("ROLLBACK");
        error.into()
    })
}
