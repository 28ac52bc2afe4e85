//! What only a server can get wrong.

use std::time::Duration;

use epts::store::{Postgres as Store, Store as _, Unfit};
use futures_util::future::join_all;
use kaa_ext::Secret;
use kaa_tests::patience::soon;
use kaa_tests::postgres::{PASSWORD, Postgres};
use tokio_postgres::Client;

use super::*;

async fn open(server: &Postgres) -> Result<Store, StoreError> {
    Store::open(&Secret::from(server.url().as_str())).await
}

/// Has everybody who stores samples wait, until this connection lets go.
async fn hold(server: &Postgres) -> Client {
    let client = server.connect().await;
    client.batch_execute("BEGIN; LOCK TABLE samples").await.unwrap();
    client
}

/// Stores a batch as soon as the server lets us.
async fn insert_soon(store: &Store, batch: &Arc<Batch>) -> Inserted {
    let mut again = tokio::time::interval(Duration::from_millis(20));
    let stored = async {
        loop {
            again.tick().await;
            match store.insert(batch.clone()).await {
                Ok(inserted) => return inserted,
                Err(StoreError::Unavailable(_)) => {}
                Err(other) => unreachable!("{other:?}"),
            }
        }
    };
    soon("the server to be back", stored).await
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

fn unfit(result: Result<Store, StoreError>) -> Unfit {
    match result {
        Err(StoreError::Unfit(cause)) => cause.downcast_ref::<Unfit>().unwrap().clone(),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn replicas_that_start_at_once_make_the_tables_once() {
    let server = Postgres::start().await;
    let replicas = join_all((0..5).map(|_| open(&server))).await;
    for (n, replica) in replicas.into_iter().enumerate() {
        let one = batch("ep-1", &format!("c-{n}"), 5, &["1"]);
        assert_eq!(replica.unwrap().insert(one).await.unwrap(), Inserted::New);
    }
}

#[tokio::test]
async fn while_the_server_is_away_nothing_is_confirmed_and_afterwards_it_goes_on() {
    let mut server = Postgres::start().await;
    let store = open(&server).await.unwrap();
    store.insert(batch("ep-1", "c-1", 5, &["1"])).await.unwrap();
    store.endpoints(page("", 1)).await.unwrap();
    server.kill();
    let second = batch("ep-1", "c-2", 6, &["2"]);
    for _ in 0..20 {
        assert!(is_unavailable(&store.insert(second.clone()).await));
        assert!(is_unavailable(&store.endpoints(page("", 1)).await));
    }
    let kept: Arc<dyn epts::store::Store> = Arc::new(store);
    assert_eq!(place::receipt(&kept, &event("ep-1", "c-2", 6, &["2"])).await, 503);
    server.restart().await;
    let store = open(&server).await.unwrap();
    assert_eq!(store.insert(second.clone()).await.unwrap(), Inserted::New);
    // The first one as well, without being opened again.
    let back = async {
        let mut again = tokio::time::interval(Duration::from_millis(20));
        while kept.insert(second.clone()).await.is_err() {
            again.tick().await;
        }
    };
    soon("the connection to be back", back).await;
    assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), ["1", "2"]);
}

#[tokio::test]
async fn a_batch_whose_outcome_is_unknown_is_not_confirmed_and_is_stored_once() {
    let mut server = Postgres::start().await;
    let store = open(&server).await.unwrap();
    let one = batch("ep-1", "c-1", 5, &["1"]);
    let holder = hold(&server).await;
    let killed = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while holder.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            look.tick().await;
        }
        server.kill();
    };
    let (answer, ()) = tokio::join!(store.insert(one.clone()), soon("the batch to wait", killed));
    assert!(is_unavailable(&answer), "{answer:?}");
    server.restart().await;
    insert_soon(&store, &one).await;
    assert_eq!(store.insert(one).await.unwrap(), Inserted::Known);
    assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), ["1"]);
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_and_does_not_keep_others_waiting() {
    let server = Postgres::start().await;
    let url = Secret::from(server.url().as_str());
    // Long enough for a connection to be made on a busy machine.
    let store = Store::open_with_deadline(&url, Duration::from_secs(2)).await.unwrap();
    store.insert(batch("ep-0", "c", 5, &["1"])).await.unwrap();
    let holder = hold(&server).await;
    // More than there are connections.
    let batches: Vec<_> = (0..12).map(|n| batch("ep-1", &format!("c-{n}"), 5, &["1"])).collect();
    let late = soon("deadlines", join_all(batches.iter().map(|batch| store.insert(batch.clone())))).await;
    assert!(late.iter().all(is_unavailable), "{late:?}");
    assert_eq!(store.endpoints(page("", 10)).await.unwrap().len(), 1, "what is asked is answered");
    holder.batch_execute("ROLLBACK").await.unwrap();
    for batch in &batches {
        insert_soon(&store, batch).await;
    }
    assert_eq!(store.samples(samples_of("ep-1")).await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_server_that_loses_what_it_confirmed_is_refused() {
    for setting in ["fsync", "synchronous_commit"] {
        let server = Postgres::start_with(&[&format!("{setting}=off")]).await;
        let refused = unfit(open(&server).await);
        assert_eq!(refused, Unfit::NotDurable { setting });
        assert!(refused.to_string().contains(setting));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_or_another_encoding_is_refused() {
    let server = Postgres::start().await;
    open(&server).await.unwrap().close().await;
    server.run("INSERT INTO epts_migrations VALUES (2)").await;
    assert_eq!(unfit(open(&server).await), Unfit::Newer { seen: 2, known: 1 });
    server.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0").await;
    let latin = format!("{}latin", server.url().strip_suffix("postgres").unwrap());
    let refused = unfit(Store::open(&Secret::from(latin.as_str())).await);
    assert_eq!(refused, Unfit::Encoding { encoding: "LATIN1".to_owned() });
}

#[tokio::test]
async fn who_is_not_let_in_is_told_without_the_password() {
    let server = Postgres::start().await;
    let wrong = server.url().replace(PASSWORD, "swordfish");
    let refused = Store::open(&Secret::from(wrong.as_str())).await.unwrap_err();
    let shown = format!("{refused:?} {refused}");
    assert!(matches!(refused, StoreError::Unavailable(_)), "{shown}");
    assert!(shown.contains("password authentication failed") && !shown.contains("swordfish"), "{shown}");
}

#[tokio::test]
async fn a_database_that_is_up_to_date_is_not_written_at_the_start() {
    let server = Postgres::start().await;
    let first = open(&server).await.unwrap();
    first.insert(batch("ep-1", "c-1", 5, &["1"])).await.unwrap();
    server.run("ALTER DATABASE postgres SET default_transaction_read_only = on").await;
    let store = open(&server).await.unwrap();
    assert!(is_unavailable(&store.insert(batch("ep-1", "c-2", 6, &["2"])).await));
    assert_eq!(texts(&store.samples(samples_of("ep-1")).await.unwrap()), ["1"]);
}
