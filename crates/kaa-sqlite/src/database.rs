//! The file, from its opening to its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::SqliteError;
use crate::writer::Writer;

/// How long a statement waits for another process that has the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many reads run at the same time.
const READERS: usize = 4;

/// A database in one file. Clones are cheap and share it.
#[derive(Debug, Clone)]
pub struct Database(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    writer: Writer,
    readers: Semaphore,
}

impl Database {
    /// Opens the file, makes it when it is not there, and brings it up to date: `migrations` are scripts, of
    /// which those that the file has not seen are run in order. One that was released is never changed.
    ///
    /// # Errors
    ///
    /// [`SqliteError::Open`], naming the file.
    pub async fn open(
        path: impl Into<PathBuf>,
        migrations: &'static [&'static str],
    ) -> Result<Self, SqliteError> {
        // SKELETON: user_version, WAL, synchronous=FULL
        let path = path.into();
        let opened = path.clone();
        let connection = spawn_blocking(move || prepare(&opened, migrations))
            .await
            .map_err(|_| SqliteError::Closed)?
            .map_err(|source| SqliteError::Open { path: path.clone(), source })?;
        let writer = Writer::start(connection);
        Ok(Self(Arc::new(Shared { path, writer, readers: Semaphore::new(READERS) })))
    }

    /// Does `work` and returns when what it wrote is on the disk. An error takes back what it wrote, and
    /// nothing else.
    ///
    /// # Errors
    ///
    /// [`SqliteError`]. Nothing of this write is stored then.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the work may be done all the same.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        self.0.writer.write(work).await
    }

    /// Reads, on a connection that cannot write; it sees everything that was confirmed before.
    ///
    /// # Errors
    ///
    /// [`SqliteError`].
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        // SKELETON: keep the connections
        let _room = self.0.readers.acquire().await.map_err(|_| SqliteError::Closed)?;
        let path = self.0.path.clone();
        let read = spawn_blocking(move || {
            let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.busy_timeout(PATIENCE)?;
            work(&connection)
        });
        Ok(read.await.map_err(|_| SqliteError::Closed)??)
    }

    /// Finishes what was begun and closes the file.
    pub async fn close(&self) {
        self.0.writer.close().await;
    }
}

fn prepare(path: &Path, migrations: &[&str]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction: Transaction<'_> = connection.transaction()?;
    let seen: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for script in migrations.iter().skip(usize::try_from(seen).unwrap_or(usize::MAX)) {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(
        None,
        "user_version",
        u32::try_from(migrations.len()).unwrap_or(u32::MAX).max(seen),
    )?;
    transaction.commit()?;
    Ok(connection)
}
