//! What PostgreSQL says, as the service understands it.

use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use crate::store::{Cause, StoreError};

/// A database that cannot be used as it is set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Not a URL. It is not quoted, and neither is what is wrong with it: there may be a password in it.
    #[error(
        "extension.database is no URL of PostgreSQL; expected postgres://user:password@host:5432/database, with %XX \
         for characters such as @ : / ? # % in the password"
    )]
    Url,
    /// TLS is asked for.
    #[error(
        "extension.database asks for TLS (sslmode=require), which this service does not speak; leave it out and put \
         a proxy that does beside the service, or the database on the same machine"
    )]
    Tls,
    /// The server confirms what is not on the disk yet.
    #[error(
        "{setting} is off, so that a crash of the server loses samples that were confirmed; turn it on, for \
         the server or for the database"
    )]
    NotDurable {
        /// The setting.
        setting: &'static str,
    },
    /// The database does not keep every text.
    #[error("the encoding of the database is {encoding}, which cannot keep every name; make it with UTF8")]
    Encoding {
        /// The encoding.
        encoding: String,
    },
    /// A later version of the service has changed the database.
    #[error(
        "the database is of a newer version of this service: it has seen {seen} migrations, this version knows \
         {known}; run the newer version"
    )]
    Newer {
        /// How many migrations it has seen.
        seen: i64,
        /// How many this version has.
        known: i64,
    },
}

/// Makes an error of what the server said.
type Kind = fn(Cause) -> StoreError;

impl From<Unfit> for StoreError {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit.into())
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let kind: Kind = match error.code() {
            Some(code) => of(code),
            // Not a word of the server: the connection is gone, or was never there.
            None => Self::Unavailable,
        };
        kind(error.into())
    }
}

/// By the class of the code (its first two characters), and a few codes.
fn of(code: &SqlState) -> Kind {
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    let is_away = matches!(
        code.code().get(..2),
        // connection, authorization, serialization and deadlock, resources, locks, operator, system
        Some("08" | "28" | "40" | "53" | "55" | "57" | "58")
    );
    let is_unwritable =
        [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::INSUFFICIENT_PRIVILEGE].contains(code);
    if is_away || is_unwritable { StoreError::Unavailable } else { StoreError::Refused }
}

/// Whether a connection can be used again after this: the server has refused one statement and goes on. One that
/// cannot write is not kept, because the next connection may lead to the server that can.
pub(super) fn keeps_the_session(error: &Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        said.parsed_severity() == Some(Severity::Error) && *said.code() != SqlState::READ_ONLY_SQL_TRANSACTION
    })
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use super::*;

    #[test]
    fn codes_are_a_full_disk_a_database_that_is_away_or_a_refusal() {
        let kinds: [(&str, Kind); 11] = [
            ("53100", StoreError::Full),
            ("53200", StoreError::Unavailable),
            ("53300", StoreError::Unavailable),
            ("25006", StoreError::Unavailable),
            ("42501", StoreError::Unavailable),
            ("57P01", StoreError::Unavailable),
            ("57014", StoreError::Unavailable),
            ("40P01", StoreError::Unavailable),
            ("22021", StoreError::Refused),
            ("42P01", StoreError::Refused),
            ("XX001", StoreError::Refused),
        ];
        for (code, kind) in kinds {
            let (is, expected) = (of(&SqlState::from_code(code))("".into()), kind("".into()));
            assert_eq!(discriminant(&is), discriminant(&expected), "{code}: {is:?}");
        }
    }
}
