//! The connections that read.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;

use crate::database::PATIENCE;
use crate::error::SqliteError;

/// How many reads run at the same time; the others wait.
const READERS: u32 = 4;

/// After how many instructions of SQLite a read looks whether somebody waits for it: some microseconds.
const INSTRUCTIONS: i32 = 1_000;

/// Connections that cannot write, kept for the next read.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    room: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, room: Arc::new(Semaphore::new(READERS as usize)), idle: Arc::default() }
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| SqliteError::Closed)?;
        let idle = Arc::clone(&self.idle);
        let path = self.path.clone();
        let (waited_for, waiting) = oneshot::channel::<()>();
        let read = spawn_blocking(move || {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = kept.map_or_else(|| connect(path), Ok)?;
            connection.progress_handler(INSTRUCTIONS, Some(move || waited_for.is_closed()))?;
            let read = one_state(&connection, work);
            connection.progress_handler(0, None::<fn() -> bool>)?;
            // One that is still within a transaction would not see what is confirmed from now on.
            if connection.is_autocommit() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            // Also when nobody waits for the read any more, its place is taken until it has stopped.
            drop(room);
            read
        });
        let read = read.await.map_err(|_| SqliteError::Panicked)?;
        drop(waiting);
        Ok(read?)
    }

    /// Lets the reads that were begun end, and closes their connections.
    pub(crate) async fn close(&self) {
        let ended = self.room.acquire_many(READERS).await;
        self.room.close();
        drop(ended);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// In a transaction, so that all statements of the work see the same state.
fn one_state<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.unchecked_transaction()?;
    work(&transaction)
}

fn connect(path: PathBuf) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}
