//! Where a store is, and what can be done to it there.

use std::fs;
use std::sync::Arc;

use epts::store::{Sqlite, Store, StoreError};
use futures_util::future::BoxFuture;
use kaa_bus::{Bus, Messaging};
use kaa_ext::{Config, rest::RestConfig};
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_tests::patience::PATIENCE;
use kaa_tests::postgres::Postgres;
use rusqlite::Connection;
use tempfile::TempDir;

/// A file, or a server.
pub(super) enum Place {
    File { directory: TempDir, open: Vec<Sqlite> },
    Server(Box<Postgres>),
}

impl Place {
    pub(super) fn file() -> Self {
        Self::File { directory: TempDir::new().unwrap(), open: Vec::new() }
    }

    pub(super) async fn server() -> Self {
        Self::Server(Box::new(Postgres::start().await))
    }

    /// One more store, as another replica has it.
    pub(super) async fn open(&mut self) -> Arc<dyn Store> {
        match self {
            Self::File { directory, open } => {
                let store = Sqlite::open(&directory.path().join("epts.sqlite")).await.unwrap();
                open.push(store.clone());
                Arc::new(store)
            }
            Self::Server(server) => {
                Arc::new(epts::store::Postgres::open(&server.url().as_str().into()).await.unwrap())
            }
        }
    }

    /// `kill -9` of the server; of a file, the place is now what is on the disk at this moment.
    pub(super) async fn kill_and_restart(&mut self) {
        match self {
            Self::File { directory, open } => {
                let copy = TempDir::new().unwrap();
                for file in fs::read_dir(directory.path()).unwrap().map(Result::unwrap) {
                    fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
                }
                open.clear();
                *directory = copy;
            }
            Self::Server(server) => server.restart().await,
        }
    }

    /// Takes the right to write away from those who have it open, or gives it to those who open it next. The
    /// rights of a file do not bind root, so it is SQLite that refuses here.
    pub(super) async fn writable(&mut self, writable: bool) {
        match self {
            Self::File { open, .. } if writable => {
                for store in open.drain(..) {
                    store.close().await;
                }
            }
            Self::File { open, .. } => {
                for store in open {
                    let refuse = |connection: &Connection| connection.pragma_update(None, "query_only", true);
                    store.database().write(refuse).await.unwrap();
                }
            }
            Self::Server(server) => {
                let read_only = if writable { "off" } else { "on" };
                // Those that are connected already would go on with what they were told.
                server
                    .run(&format!(
                        "BEGIN READ WRITE;
                         ALTER DATABASE postgres SET default_transaction_read_only = {read_only};
                         COMMIT;
                         SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                         WHERE application_name = 'epts'"
                    ))
                    .await;
            }
        }
    }

    /// Leaves no room for a large sample. Of a server, it is a trigger that says what the server says then: a disk
    /// that is full for one test is full for all.
    pub(super) async fn fill(&mut self) {
        match self {
            Self::File { open, .. } => {
                for store in open {
                    let set = store.database().write(|connection| {
                        connection.pragma_update_and_check(None, "max_page_count", 1, |_| Ok(()))
                    });
                    set.await.unwrap();
                }
            }
            Self::Server(server) => {
                server
                    .run(
                        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
                         BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
                         CREATE TRIGGER full_disk BEFORE INSERT ON samples
                         FOR EACH ROW EXECUTE FUNCTION full_disk()",
                    )
                    .await;
            }
        }
    }
}

/// What the service tells the transmitter of an event; the store stays open.
pub(super) async fn receipt(store: &Arc<dyn Store>, event: &DataSamplesEvent) -> i32 {
    let bus = Bus::memory();
    let mut config = Config::<epts::Settings>::default();
    config.extension.rest = RestConfig::on_port(0);
    let running = epts::start_with(bus.clone(), config, Arc::new(Kept(store.clone()))).await.unwrap();
    let dcx = ServiceInstance::from_static("dcx");
    let dcx = Messaging::new(bus, dcx.clone(), ReplicaId::random(&dcx));
    // Sent now: nobody answers an event whose sender has long given up.
    let event = &DataSamplesEvent { timestamp: 0, ..event.clone() };
    let gathered =
        dcx.publish_awaited(event, &[ServiceInstance::from_static("epts")], PATIENCE).await.unwrap();
    running.stop(PATIENCE).await.unwrap();
    assert!(gathered.missing.is_empty(), "{gathered:?}");
    gathered.receipts.first().unwrap().status_code
}

/// A store that outlives the service on it.
struct Kept(Arc<dyn Store>);

mod kept {
    use epts::batch::Batch;
    use epts::buckets::Bucket;
    use epts::store::{EndpointSummary, Inserted, Page, Points, Samples, StoredSample};

    use super::*;

    type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

    impl Store for Kept {
        fn insert(&self, batch: Arc<Batch>) -> Answer<'_, Inserted> {
            self.0.insert(batch)
        }

        fn endpoints(&self, page: Page) -> Answer<'_, Vec<EndpointSummary>> {
            self.0.endpoints(page)
        }

        fn series(&self, endpoint: String, page: Page) -> Answer<'_, Vec<String>> {
            self.0.series(endpoint, page)
        }

        fn points(&self, wanted: Points) -> Answer<'_, Vec<Bucket>> {
            self.0.points(wanted)
        }

        fn samples(&self, wanted: Samples) -> Answer<'_, Vec<StoredSample>> {
            self.0.samples(wanted)
        }

        fn close(&self) -> BoxFuture<'_, ()> {
            Box::pin(async {})
        }
    }
}
