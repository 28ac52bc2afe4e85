//! Where samples are kept.

mod postgres;
mod sqlite;

use std::num::NonZeroU64;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kaa_ext::{ErrorStatus, ReplyError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::batch::Batch;
use crate::buckets::Bucket;
use crate::settings::Place;

pub use postgres::{Postgres, Unfit};
pub use sqlite::Sqlite;

/// How many bytes of samples one answer has before it ends: 8 MiB.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// What a store answers with, some time.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A store of samples and their series. What it confirms is durable, and every answer comes within a bounded time;
/// only an insert may take as long as the disk does, so that what it says is true.
pub trait Store: Send + Sync + 'static {
    /// Stores a batch, all of it or nothing. One that is there already (endpoint, correlation ID and digest)
    /// is left alone.
    fn insert(&self, batch: Arc<Batch>) -> Answer<'_, Inserted>;

    /// The endpoints that sent samples, by name.
    fn endpoints(&self, page: Page) -> Answer<'_, Vec<EndpointSummary>>;

    /// The series of an endpoint, by name; none for an endpoint that is not known.
    fn series(&self, endpoint: String, page: Page) -> Answer<'_, Vec<String>>;

    /// The points of a series, in buckets; none for a series that is not known.
    fn points(&self, wanted: Points) -> Answer<'_, Vec<Bucket>>;

    /// The samples of an endpoint in the order of time, and of arrival where the time is the same; the one with which
    /// they have [`LARGEST`] bytes is the last.
    fn samples(&self, wanted: Samples) -> Answer<'_, Vec<StoredSample>>;

    /// Finishes what was begun and lets go of the database.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Opens the store that is configured.
///
/// # Errors
///
/// [`StoreError`]: the file cannot be opened, or the server is not there or cannot be used.
pub async fn open(place: &Place) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match place {
        Place::File(path) => Arc::new(Sqlite::open(path).await?),
        Place::Server(url) => Arc::new(Postgres::open(url).await?),
    })
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored now.
    New,
    /// It was there before.
    Known,
}

/// A part of a list that is in the order of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What comes after this name; from the first one when it is empty.
    pub after: String,
    /// At most so many.
    pub limit: u32,
}

/// Which points are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// Of which endpoint.
    pub endpoint: String,
    /// Of which series.
    pub series: String,
    /// From this time on, in Unix milliseconds.
    pub from: i64,
    /// Before this time.
    pub to: i64,
    /// The length of a bucket, in milliseconds.
    pub every: NonZeroU64,
}

/// Which samples are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// Of which endpoint.
    pub endpoint: String,
    /// From this time on, in Unix milliseconds.
    pub from: i64,
    /// Of this time, only those that arrived after the one with this number.
    pub after: i64,
    /// Before this time.
    pub to: i64,
    /// At most so many.
    pub limit: u32,
}

/// An endpoint that sent samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSummary {
    /// Its ID.
    pub endpoint_id: String,
    /// Its application version, as of its latest samples.
    pub app_version: String,
    /// When its latest samples were sent, in Unix milliseconds.
    pub last_sent: i64,
}

/// A sample as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSample {
    /// Its number in the store, higher than that of those which arrived before.
    pub id: i64,
    /// Its time, in Unix milliseconds.
    pub time: i64,
    /// What links it to the request of the device.
    pub correlation_id: String,
    /// Its place in the batch, from 0.
    pub index: i64,
    /// Its media type.
    pub content_type: String,
    /// Byte for byte as it came.
    pub content: Vec<u8>,
}

/// Samples on their way out of a store.
#[derive(Debug, Default)]
struct Part {
    samples: Vec<StoredSample>,
    bytes: usize,
}

impl Part {
    fn add(&mut self, sample: StoredSample) {
        self.bytes += sample.content.len();
        self.samples.push(sample);
    }

    fn is_full(&self) -> bool {
        self.bytes >= LARGEST
    }
}

/// Why a store did not do what it was asked. Nothing of a refused batch is stored, except where it says
/// that this is unknown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room is left.
    #[error("the disk of the database is full; make room")]
    Full(#[source] Cause),
    /// The database is away, too busy or may not be written. Whether a batch was stored may be unknown: sent
    /// again, it is stored once.
    #[error(
        "the database is not available; see that it runs, that `extension.database` names it, and that it can be written"
    )]
    Unavailable(#[source] Cause),
    /// The database does not accept a statement.
    #[error("the database refused")]
    Refused(#[source] Cause),
    /// The database is there, and set up so that it cannot be used; the source is an [`Unfit`].
    #[error("the database cannot be used as it is set up")]
    Unfit(#[source] Cause),
    /// The points fill more buckets than one answer may have.
    #[error(
        "there are more than {} points; ask for a larger `every`, or for a shorter time with `from` and `to`",
        crate::buckets::MOST_BUCKETS
    )]
    TooManyPoints,
}

/// What the database said.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl ReplyError for StoreError {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::Full(_) => ErrorStatus::INSUFFICIENT_STORAGE,
            Self::Unavailable(_) | Self::Unfit(_) => ErrorStatus::SERVICE_UNAVAILABLE,
            Self::Refused(_) => ErrorStatus::INTERNAL_SERVER_ERROR,
            Self::TooManyPoints => ErrorStatus::BAD_REQUEST,
        }
    }
}
