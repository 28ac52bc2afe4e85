//! Samples on a PostgreSQL server: the store of several replicas.
//!
//! | module | what lives there |
//! |---|---|
//! | `pool` | a few connections, made again when the server was away |
//! | `session` | one connection, to a server that keeps what it confirms |
//! | `migrations` | a database is brought up to date |
//! | `insert` | a batch as one statement |
//! | `questions` | what is read |
//! | `error` | [`Unfit`], and what the server's codes mean |

mod error;
mod insert;
mod migrations;
mod pool;
mod questions;
mod session;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join};
use kaa_ext::Secret;
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::{Answer, EndpointSummary, Inserted, Page, Points, Samples, Store, StoreError, StoredSample};
use crate::batch::Batch;
use crate::buckets::Bucket;
use pool::Pool;

pub use error::Unfit;

/// How long anything may take, waiting for a connection included.
const DEADLINE: Duration = Duration::from_secs(10);

/// How long the server may take to accept a connection, if the URL does not say.
const CONNECT: Duration = Duration::from_secs(5);

/// How many connections a replica writes on. The server brings commits of the same moment to the disk together.
const WRITERS: u16 = 6;

/// How many it reads on: people who ask much do not keep samples from being stored.
const READERS: u16 = 2;

/// A store on a server.
pub struct Postgres {
    writers: Pool,
    readers: Pool,
    deadline: Duration,
}

impl Postgres {
    /// Connects to the server and brings the database up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] with [`Unfit`] as its source, or [`StoreError::Unavailable`] with what the server or the
    /// system said. No password is in them.
    pub async fn open(url: &Secret) -> Result<Self, StoreError> {
        Self::open_with_deadline(url, DEADLINE).await
    }

    /// The same when everything may take so long.
    ///
    /// # Errors
    ///
    /// As of [`open`](Self::open).
    pub async fn open_with_deadline(url: &Secret, deadline: Duration) -> Result<Self, StoreError> {
        let config = config(url)?;
        let store = Self {
            writers: Pool::new(config.clone(), WRITERS, deadline),
            readers: Pool::new(config, READERS, deadline),
            deadline,
        };
        let opened = async {
            let mut session = store.writers.lease().await?;
            migrations::migrate(session.client()).await?;
            session.settle(Ok(()))
        };
        timeout(deadline, opened).await.map_err(late)??;
        Ok(store)
    }

    fn in_time<'s, T>(
        &'s self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 's,
    ) -> Answer<'s, T> {
        timeout(self.deadline, work).map(|done| done.map_err(late)?).boxed()
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

impl Store for Postgres {
    fn insert(&self, batch: Arc<Batch>) -> Answer<'_, Inserted> {
        self.in_time(async move {
            let mut session = self.writers.lease().await?;
            let inserted = session.insert(&batch).await;
            session.settle(inserted)
        })
    }

    fn endpoints(&self, page: Page) -> Answer<'_, Vec<EndpointSummary>> {
        self.in_time(async move {
            let mut session = self.readers.lease().await?;
            let endpoints = session.endpoints(&page).await;
            session.settle(endpoints)
        })
    }

    fn series(&self, endpoint: String, page: Page) -> Answer<'_, Vec<String>> {
        self.in_time(async move {
            if no_name(&endpoint) {
                return Ok(Vec::new());
            }
            let mut session = self.readers.lease().await?;
            let series = session.series(&endpoint, &page).await;
            session.settle(series)
        })
    }

    fn points(&self, wanted: Points) -> Answer<'_, Vec<Bucket>> {
        self.in_time(async move {
            if no_name(&wanted.endpoint) || no_name(&wanted.series) {
                return Ok(Vec::new());
            }
            let mut session = self.readers.lease().await?;
            let points = session.points(&wanted).await;
            session.settle(points)?
        })
    }

    fn samples(&self, wanted: Samples) -> Answer<'_, Vec<StoredSample>> {
        self.in_time(async move {
            if no_name(&wanted.endpoint) {
                return Ok(Vec::new());
            }
            let mut session = self.readers.lease().await?;
            let samples = session.samples(&wanted).await;
            session.settle(samples)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        join(self.writers.close(), self.readers.close()).map(|_| ()).boxed()
    }
}

/// A text with a NUL is stored nowhere, and PostgreSQL does not even want to be asked for it.
fn no_name(text: &str) -> bool {
    text.contains('\0')
}

fn config(url: &Secret) -> Result<Config, StoreError> {
    let mut config: Config = url.expose().parse().map_err(|_| Unfit::Url)?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(Unfit::Tls.into());
    }
    config.ssl_mode(SslMode::Disable);
    config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT));
    if config.get_application_name().is_none() {
        config.application_name("epts");
    }
    Ok(config)
}

fn late(elapsed: tokio::time::error::Elapsed) -> StoreError {
    StoreError::Unavailable(elapsed.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_wrong_is_not_quoted() {
        for url in ["postgres://kaa:hunter2@db:port/kaa", "postgres://kaa:hunter2@db/kaa?hunter2=on"] {
            let error = config(&url.into()).unwrap_err();
            let shown = format!("{error:?} {error} {:?}", std::error::Error::source(&error));
            assert!(matches!(error, StoreError::Unfit(_)) && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn tls_is_refused_and_not_left_out_silently() {
        let error = config(&"postgres://db/kaa?sslmode=require".into()).unwrap_err();
        assert!(format!("{:?}", std::error::Error::source(&error)).contains("Tls"), "{error:?}");
        assert!(config(&"postgres://db/kaa?sslmode=prefer".into()).is_ok());
    }
}
