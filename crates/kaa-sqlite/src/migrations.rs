//! Making a file what this version of the service works with.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, ffi};

use crate::database::PATIENCE;
use crate::error::{SqliteError, refusal};

/// Opens the file, or makes it, and brings it up to date.
pub(crate) fn open(path: &Path, migrations: &[&str]) -> Result<Connection, SqliteError> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if directory.is_some_and(|directory| !directory.exists()) {
        return Err(SqliteError::Directory { path: path.to_owned() });
    }
    // Without SQLITE_OPEN_URI: a path is a path.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags);
    prepare(connection.map_err(|source| SqliteError::open(path.to_owned(), source))?, path, migrations)
}

/// The same with an open connection.
pub(crate) fn prepare(
    mut connection: Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<Connection, SqliteError> {
    make_durable(&connection).map_err(|source| SqliteError::open(path.to_owned(), source))?;
    migrate(&mut connection, path, migrations)?;
    Ok(connection)
}

/// The log beside the file is on the disk before a write is confirmed.
fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    if connection.is_readonly("main")? {
        // SQLite opens such a file all the same, and would say so to the first write only.
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), None));
    }
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        // A database in memory, or a file system that cannot share memory.
        return Err(refusal(format!("its journal is {mode:?} and cannot be a write-ahead log")));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS an fsync alone does not reach the disk; elsewhere this changes nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    // Pages as they were before a savepoint: needed to take it back and never after a crash. Otherwise they go
    // to a temporary file, two system calls for each page that a write touches.
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// All that is missing in one transaction, which begins before the version is read: of two processes that start
/// at the same time, one migrates.
fn migrate(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), SqliteError> {
    let refused = |source| SqliteError::open(path.to_owned(), source);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(refused)?;
    let seen = version(&transaction).map_err(refused)?;
    let known = migrations.len();
    if seen > known {
        return Err(SqliteError::Newer { path: path.to_owned(), seen, known });
    }
    for (number, script) in (1..).zip(migrations).skip(seen) {
        transaction.execute_batch(script).map_err(|source| SqliteError::Migration {
            path: path.to_owned(),
            number,
            source,
        })?;
    }
    if seen < known {
        let version = u32::try_from(known).unwrap_or(u32::MAX);
        transaction.pragma_update(None, "user_version", version).map_err(refused)?;
    }
    transaction.commit().map_err(refused)
}

fn version(transaction: &Transaction<'_>) -> rusqlite::Result<usize> {
    transaction.pragma_query_value(None, "user_version", |row| Ok(row.get::<_, u32>(0)? as usize))
}
