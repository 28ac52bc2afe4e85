//! The file, from its opening to its end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::spawn_blocking;

use crate::error::{SqliteError, refusal};
use crate::migrations;
use crate::readers::Readers;
use crate::writer::Writer;

/// How long a statement waits for another process that has the file.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A database in one file. Clones are cheap and share it; the file is closed when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Database(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    writer: Writer,
    readers: Readers,
}

impl Database {
    /// Opens the file, makes it when it is not there, and brings it up to date: `migrations` are scripts, of
    /// which those that the file has not seen are run in order, in one transaction. One that was released is
    /// never changed.
    ///
    /// The directory has to be there already.
    ///
    /// # Errors
    ///
    /// [`SqliteError::Directory`], [`NotADatabase`](SqliteError::NotADatabase),
    /// [`Unwritable`](SqliteError::Unwritable), [`Newer`](SqliteError::Newer),
    /// [`Migration`](SqliteError::Migration) or [`Open`](SqliteError::Open), naming the file and what to do.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn open(
        path: impl Into<PathBuf>,
        migrations: &'static [&'static str],
    ) -> Result<Self, SqliteError> {
        let path = path.into();
        let opened = path.clone();
        let connection = spawn_blocking(move || migrations::open(&opened, migrations)).await;
        let connection = connection.map_err(|_| SqliteError::Panicked)??;
        let no_thread = |error| refusal(format!("the system has no thread for it: {error}"));
        let writer =
            Writer::start(connection).map_err(|error| SqliteError::open(path.clone(), no_thread(error)))?;
        Ok(Self(Arc::new(Shared { writer, readers: Readers::new(path) })))
    }

    /// Does `work` and returns when what it wrote is on the disk. An error or a panic takes back what it wrote,
    /// and nothing else; only when the disk is full or fails, other writes of the moment may fail with it.
    ///
    /// Writes are done one after the other, in the order in which their futures were first polled. The work is
    /// within a transaction that it shares with others: it neither begins nor ends one, and constraints are
    /// immediate and not deferred.
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

    /// Reads, on a connection that cannot write; it sees everything that was confirmed before, and the same state
    /// from its first statement to its last. The work begins no transaction of its own.
    ///
    /// # Errors
    ///
    /// [`SqliteError`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the work is stopped: the statement that runs ends with an error.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        self.0.readers.read(work).await
    }

    /// Finishes what was begun and closes the file. Whatever comes later is [`SqliteError::Closed`].
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the file may still be open; calling it again goes on.
    pub async fn close(&self) {
        // The last one that closes the file also folds the log into it, and only the writer can.
        self.0.readers.close().await;
        self.0.writer.close().await;
    }
}
