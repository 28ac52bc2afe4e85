//! What can go wrong with a database file.

use std::path::PathBuf;

/// Why a database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// The file cannot be opened or brought up to date.
    #[error("the database {} cannot be opened; it has to be a writable file of this service", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk is full; nothing of this write was stored.
    #[error("the disk of the database is full; make room, nothing was stored")]
    Full,
    /// The file cannot be written; nothing of this write was stored.
    #[error("the database is read-only; give the service the right to write it, nothing was stored")]
    ReadOnly,
    /// More writes wait than there is room for.
    #[error("the database is too busy: too many writes are waiting; try again")]
    Busy,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// Anything else.
    #[error("the database refused")]
    Refused(#[from] rusqlite::Error),
}
