//! What a session is asked.

use tokio_postgres::{Error, Row};

use super::session::Session;
use crate::buckets::{Bucket, Downsampling};
use crate::store::{EndpointSummary, Page, Part, Points, Samples, StoreError, StoredSample};

/// How many points come at a time.
const AT_A_TIME: i32 = 10_000;

/// How many samples come at a time. Each may have as many bytes as an event.
const SAMPLES_AT_A_TIME: i32 = 16;

impl Session {
    pub(super) async fn endpoints(&mut self, page: &Page) -> Result<Vec<EndpointSummary>, Error> {
        let statement = self
            .statement(
                "SELECT name, app_version, last_sent FROM endpoints WHERE name > $1 ORDER BY name LIMIT $2",
            )
            .await?;
        let rows =
            self.client().query(&statement, &[&before_nul(&page.after), &i64::from(page.limit)]).await?;
        let summary = |row: &Row| {
            Ok(EndpointSummary {
                endpoint_id: row.try_get(0)?,
                app_version: row.try_get(1)?,
                last_sent: row.try_get(2)?,
            })
        };
        rows.iter().map(summary).collect()
    }

    pub(super) async fn series(&mut self, endpoint: &str, page: &Page) -> Result<Vec<String>, Error> {
        let statement = self
            .statement(
                "SELECT series.name FROM series JOIN endpoints ON endpoints.id = series.endpoint
                 WHERE endpoints.name = $1 AND series.name > $2 ORDER BY series.name LIMIT $3",
            )
            .await?;
        let limit = i64::from(page.limit);
        let rows = self.client().query(&statement, &[&endpoint, &before_nul(&page.after), &limit]).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// Some at a time: all that were asked for may have a thousand times as many bytes as one.
    pub(super) async fn samples(&mut self, wanted: &Samples) -> Result<Vec<StoredSample>, Error> {
        let statement = self
            .statement(
                "SELECT s.id, s.time, correlation_id, position, content_type, content
                 FROM samples s JOIN batches ON batches.id = s.batch
                 WHERE s.endpoint = (SELECT id FROM endpoints WHERE name = $1)
                   AND (s.time, s.id) > ($2, $3) AND s.time < $4
                 ORDER BY s.time, s.id LIMIT $5",
            )
            .await?;
        let Samples { endpoint, from, after, to, limit } = wanted;
        let limit = i64::from(*limit);
        let sample = |row: &Row| {
            Ok(StoredSample {
                id: row.try_get(0)?,
                time: row.try_get(1)?,
                correlation_id: row.try_get(2)?,
                index: row.try_get(3)?,
                content_type: row.try_get(4)?,
                content: row.try_get(5)?,
            })
        };
        let transaction = self.client().transaction().await?;
        let portal = transaction.bind(&statement, &[endpoint, from, after, to, &limit]).await?;
        let mut part = Part::default();
        while !part.is_full() {
            let rows = transaction.query_portal(&portal, SAMPLES_AT_A_TIME).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                if !part.is_full() {
                    part.add(sample(row)?);
                }
            }
        }
        transaction.commit().await?;
        Ok(part.samples)
    }

    /// Some points at a time: a series may have more than fit into memory.
    pub(super) async fn points(&mut self, wanted: &Points) -> Result<Result<Vec<Bucket>, StoreError>, Error> {
        let statement = self
            .statement(
                "SELECT time, value FROM points
                 WHERE series = (SELECT series.id FROM series JOIN endpoints ON endpoints.id = series.endpoint
                                 WHERE endpoints.name = $1 AND series.name = $2)
                   AND time >= $3 AND time < $4
                 ORDER BY time, sample",
            )
            .await?;
        let Points { endpoint, series, from, to, every } = wanted;
        let transaction = self.client().transaction().await?;
        let portal = transaction.bind(&statement, &[endpoint, series, from, to]).await?;
        let mut buckets = Downsampling::new(*every);
        loop {
            let rows = transaction.query_portal(&portal, AT_A_TIME).await?;
            for row in &rows {
                if let Err(error) = buckets.add(row.try_get(0)?, row.try_get(1)?) {
                    return Ok(Err(error));
                }
            }
            if rows.is_empty() {
                break;
            }
        }
        transaction.commit().await?;
        Ok(Ok(buckets.buckets()))
    }
}

/// PostgreSQL takes no NUL in a text. No name has one, so the names that come after this text are those that come
/// after what stands before its first.
fn before_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}
