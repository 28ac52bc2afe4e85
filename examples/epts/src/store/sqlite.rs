//! Samples in a SQLite file: the store of a single replica.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kaa_ext::sqlite::rusqlite::{self, Connection, OptionalExtension, Row, params};
use kaa_ext::sqlite::{Database, SqliteError};
use tokio::time::timeout;

use super::{
    Answer, EndpointSummary, Inserted, Page, Part, Points, Samples, Store, StoreError, StoredSample,
};
use crate::batch::Batch;
use crate::buckets::{Bucket, Downsampling};

/// How long a read may take.
const DEADLINE: Duration = Duration::from_secs(10);

const MIGRATIONS: &[&str] = &[include_str!("sqlite.sql")];

/// A store in one file.
#[derive(Debug, Clone)]
pub struct Sqlite(Database);

impl Sqlite {
    /// Opens the file, and makes it when it is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], whose source names the file.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, MIGRATIONS).await?))
    }

    /// The file itself, for those who look after it.
    pub fn database(&self) -> &Database {
        &self.0
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(timeout(DEADLINE, self.0.read(work)).await.map_err(late)??)
    }
}

impl Store for Sqlite {
    fn insert(&self, batch: Arc<Batch>) -> Answer<'_, Inserted> {
        async move { Ok(self.0.write(move |connection| insert(connection, &batch)).await?) }.boxed()
    }

    fn endpoints(&self, page: Page) -> Answer<'_, Vec<EndpointSummary>> {
        let summary = |row: &Row<'_>| {
            Ok(EndpointSummary { endpoint_id: row.get(0)?, app_version: row.get(1)?, last_sent: row.get(2)? })
        };
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT name, app_version, last_sent FROM endpoints WHERE name > ?1 ORDER BY name LIMIT ?2",
                )?
                .query_map(params![page.after, page.limit], summary)?
                .collect()
        })
        .boxed()
    }

    fn series(&self, endpoint: String, page: Page) -> Answer<'_, Vec<String>> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT series.name FROM series JOIN endpoints ON endpoints.id = series.endpoint
                     WHERE endpoints.name = ?1 AND series.name > ?2 ORDER BY series.name LIMIT ?3",
                )?
                .query_map(params![endpoint, page.after, page.limit], |row| row.get(0))?
                .collect()
        })
        .boxed()
    }

    fn points(&self, wanted: Points) -> Answer<'_, Vec<Bucket>> {
        async move { self.read(move |connection| points(connection, &wanted)).await? }.boxed()
    }

    fn samples(&self, wanted: Samples) -> Answer<'_, Vec<StoredSample>> {
        let sample = |row: &Row<'_>| {
            Ok(StoredSample {
                id: row.get(0)?,
                time: row.get(1)?,
                correlation_id: row.get(2)?,
                index: row.get(3)?,
                content_type: row.get(4)?,
                content: row.get(5)?,
            })
        };
        self.read(move |connection| {
            let Samples { endpoint, from, after, to, limit } = wanted;
            let mut query = connection.prepare_cached(
                "SELECT s.id, s.time, correlation_id, position, content_type, content
                 FROM samples s JOIN batches ON batches.id = s.batch
                 WHERE s.endpoint = (SELECT id FROM endpoints WHERE name = ?1)
                   AND (s.time, s.id) > (?2, ?3) AND s.time < ?4
                 ORDER BY s.time, s.id LIMIT ?5",
            )?;
            let mut part = Part::default();
            for stored in query.query_map(params![endpoint, from, after, to, limit], sample)? {
                part.add(stored?);
                if part.is_full() {
                    break;
                }
            }
            Ok(part.samples)
        })
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.0.close().boxed()
    }
}

fn insert(connection: &Connection, batch: &Batch) -> rusqlite::Result<Inserted> {
    let endpoint: i64 = connection
        .prepare_cached(
            "INSERT INTO endpoints (name, app_version, last_sent) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE
             SET app_version = iif(excluded.last_sent >= last_sent, excluded.app_version, app_version),
                 last_sent = max(last_sent, excluded.last_sent)
             RETURNING id",
        )?
        .query_row(params![batch.endpoint.as_str(), batch.app_version.as_str(), batch.sent], |row| {
            row.get(0)
        })?;
    let new: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO batches (endpoint, correlation_id, digest, content_type) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING RETURNING id",
        )?
        .query_row(params![endpoint, batch.correlation_id, batch.digest, batch.content_type], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(number) = new else { return Ok(Inserted::Known) };

    let mut series = SeriesIds { connection, endpoint, known: HashMap::new() };
    let mut sample = connection.prepare_cached(
        "INSERT INTO samples (batch, position, endpoint, time, content) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut point = connection
        .prepare_cached("INSERT INTO points (series, time, sample, value) VALUES (?1, ?2, ?3, ?4)")?;
    for (position, one) in (0_i64..).zip(&batch.samples) {
        let id = sample.insert(params![number, position, endpoint, one.time, &*one.content])?;
        for (name, value) in &one.values {
            point.execute(params![series.of(name)?, one.time, id, value])?;
        }
    }
    Ok(Inserted::New)
}

/// The numbers of an endpoint's series, each asked for once in a batch.
struct SeriesIds<'b> {
    connection: &'b Connection,
    endpoint: i64,
    known: HashMap<&'b str, i64>,
}

impl<'b> SeriesIds<'b> {
    fn of(&mut self, name: &'b str) -> rusqlite::Result<i64> {
        if let Some(id) = self.known.get(name) {
            return Ok(*id);
        }
        let id = self
            .connection
            .prepare_cached(
                "INSERT INTO series (endpoint, name) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET name = name RETURNING id",
            )?
            .query_row(params![self.endpoint, name], |row| row.get(0))?;
        self.known.insert(name, id);
        Ok(id)
    }
}

fn points(connection: &Connection, wanted: &Points) -> rusqlite::Result<Result<Vec<Bucket>, StoreError>> {
    let Points { endpoint, series, from, to, every } = wanted;
    let mut query = connection.prepare_cached(
        "SELECT time, value FROM points
         WHERE series = (SELECT series.id FROM series JOIN endpoints ON endpoints.id = series.endpoint
                         WHERE endpoints.name = ?1 AND series.name = ?2)
           AND time >= ?3 AND time < ?4
         ORDER BY time, sample",
    )?;
    let mut rows = query.query(params![endpoint, series, from, to])?;
    let mut buckets = Downsampling::new(*every);
    while let Some(row) = rows.next()? {
        if let Err(error) = buckets.add(row.get(0)?, row.get(1)?) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(buckets.buckets()))
}

fn late(elapsed: tokio::time::error::Elapsed) -> StoreError {
    StoreError::Unavailable(elapsed.into())
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error.http_status().as_u16() {
            507 => Self::Full(error.into()),
            503 => Self::Unavailable(error.into()),
            _ => Self::Refused(error.into()),
        }
    }
}
