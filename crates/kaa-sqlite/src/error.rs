//! What can go wrong with a database file.

use std::path::PathBuf;

use http::StatusCode;
use rusqlite::{ErrorCode, ffi};

/// Why a database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// The directory of the file is not there. It is not made silently: where there should be a volume, a
    /// database on the disk of the machine would be lost with it.
    #[error("the directory of the database {} is missing; make it, or set another path", path.display())]
    Directory {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a database; set the path of another file, or move this one away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file cannot be written.
    #[error(
        "the database {} cannot be written; give the service the right to write the file and its directory",
        path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A later version of the service has changed the file.
    #[error(
        "the database {} is of a newer version of this service: it has seen {seen} migrations, this version \
         knows {known}; run the newer version, or restore an older copy of the file",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// How many migrations it has seen.
        seen: usize,
        /// How many this version has.
        known: usize,
    },
    /// A migration failed. The file is as it was.
    #[error("migration {number} of the database {} failed; the file is as it was", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file cannot be opened for another reason.
    #[error("the database {} cannot be opened; it has to be a writable file of this service", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk is full; nothing was stored.
    #[error("the disk of the database is full; make room")]
    Full,
    /// The file cannot be written, or not be opened any more, or it was a read that wanted to write; nothing was stored.
    #[error("the database cannot be written; give the service the right to write the file and its directory")]
    ReadOnly,
    /// More writes wait than there is room for, or another process has held the file for too long; nothing was stored.
    #[error("the database is too busy; try again")]
    Busy,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// The work panicked; nothing of it was stored.
    #[error("the work on the database panicked; the log has more")]
    Panicked,
    /// Anything else.
    #[error("the database refused")]
    Refused(#[source] rusqlite::Error),
}

/// What SQLite says of a write or a read.
impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            // The journal that cannot be made is a matter of rights as well.
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Refused(error),
        }
    }
}

impl SqliteError {
    /// What it is for somebody who asked for the work, a device or a caller of a REST port: 507 when the disk is full,
    /// 500 for what is wrong with the service itself, and 503 otherwise, such as for a disk that fails.
    pub fn http_status(&self) -> StatusCode {
        match self {
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::Refused(error) if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Refused(_) | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What SQLite says when the file is opened.
    pub(crate) fn open(path: PathBuf, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::NotADatabase { path, source },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::Unwritable { path, source },
            _ => Self::Open { path, source },
        }
    }

    /// The same for another write of the group, which failed for the same reason.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::ReadOnly => Self::ReadOnly,
            Self::Busy => Self::Busy,
            Self::Panicked => Self::Panicked,
            Self::Refused(rusqlite::Error::SqliteFailure(code, text)) => {
                Self::Refused(rusqlite::Error::SqliteFailure(*code, text.clone()))
            }
            Self::Refused(error) => Self::Refused(refusal(error.to_string())),
            _ => Self::Closed,
        }
    }
}

/// A refusal that is not SQLite's own.
pub(crate) fn refusal(text: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT), Some(text.into()))
}
