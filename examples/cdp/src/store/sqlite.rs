//! The store in a file of one replica.

use std::path::Path;

use bytes::Bytes;
use kaa_ext::bus::kv::Entry;
use kaa_ext::sqlite::rusqlite::{Connection, OptionalExtension, Result, params};
use kaa_ext::sqlite::{Database, SqliteError};

use super::{Store, StoreError, StoreFuture};

const MIGRATIONS: &[&str] = &["
    CREATE TABLE entries (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value BLOB NOT NULL);
    CREATE TABLE revisions (last INTEGER NOT NULL);
    INSERT INTO revisions VALUES (0);
"];

/// A store in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore(Database);

impl SqliteStore {
    /// Opens the file, and makes it when it is not there.
    ///
    /// # Errors
    ///
    /// [`SqliteError`], naming the file.
    pub async fn open(path: &Path) -> std::result::Result<Self, SqliteError> {
        Database::open(path, MIGRATIONS).await.map(Self)
    }

    /// What is behind it, for tests that break it.
    #[cfg(test)]
    pub(crate) fn database(&self) -> &Database {
        &self.0
    }

    /// Finishes what was begun and closes the file.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

impl Store for SqliteStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Entry>> {
        let key = key.to_owned();
        Box::pin(async move { Ok(self.0.read(move |file| get(file, &key)).await?) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes, replaces: Option<u64>) -> StoreFuture<'a, u64> {
        let key = key.to_owned();
        Box::pin(async move {
            let revision = self.0.write(move |file| put(file, &key, &value, replaces)).await?;
            revision.ok_or(StoreError::Conflict)
        })
    }

    fn delete<'a>(&'a self, key: &'a str, revision: u64) -> StoreFuture<'a, ()> {
        let key = key.to_owned();
        Box::pin(async move {
            let sql = "DELETE FROM entries WHERE key = ?1 AND revision = ?2";
            let deleted = self.0.write(move |file| file.execute(sql, params![key, stored(revision)])).await?;
            if deleted == 0 { Err(StoreError::Conflict) } else { Ok(()) }
        })
    }

    fn keys<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<String>> {
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        Box::pin(
            async move { Ok(self.0.read(move |file| keys(file, &prefix, after.as_deref(), limit)).await?) },
        )
    }
}

fn get(file: &Connection, key: &str) -> Result<Option<Entry>> {
    let sql = "SELECT value, revision FROM entries WHERE key = ?1";
    let entry = file.query_row(sql, [key], |row| {
        let (value, revision) = (row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?);
        Ok(Entry { value: value.into(), revision: revision.unsigned_abs() })
    });
    entry.optional()
}

/// The new revision; `None` when the key is not where it was expected to be.
fn put(file: &Connection, key: &str, value: &[u8], replaces: Option<u64>) -> Result<Option<u64>> {
    let sql = "SELECT revision FROM entries WHERE key = ?1";
    let current: Option<i64> = file.query_row(sql, [key], |row| row.get(0)).optional()?;
    if current != replaces.map(stored) {
        return Ok(None);
    }
    let sql = "UPDATE revisions SET last = last + 1 RETURNING last";
    let revision: i64 = file.query_row(sql, [], |row| row.get(0))?;
    let sql = "INSERT OR REPLACE INTO entries (key, revision, value) VALUES (?1, ?2, ?3)";
    file.execute(sql, params![key, revision, value])?;
    Ok(Some(revision.unsigned_abs()))
}

fn keys(file: &Connection, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<String>> {
    let sql = "SELECT key FROM entries WHERE key >= ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key";
    let mut statement = file.prepare(sql)?;
    let mut rows = statement.query(params![prefix, after])?;
    let mut keys = Vec::new();
    while keys.len() < limit
        && let Some(row) = rows.next()?
    {
        let key: String = row.get(0)?;
        if !key.starts_with(prefix) {
            break;
        }
        keys.push(key);
    }
    Ok(keys)
}

/// SQLite's integers have a sign; what does not fit was never a revision.
fn stored(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(-1)
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Full => Self::Full(error.into()),
            SqliteError::ReadOnly => Self::ReadOnly(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}
