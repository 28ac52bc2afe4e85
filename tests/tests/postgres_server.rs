//! The PostgreSQL server of the tests does what it is for: it is real, and it can be killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use kaa_tests::postgres::{PASSWORD, Postgres};
use tokio_postgres::NoTls;

async fn count(server: &Postgres) -> i64 {
    server.connect().await.query_one("SELECT count(*) FROM t", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn what_was_committed_survives_a_kill() {
    let mut server = Postgres::start().await;
    let url = server.url();
    server.run("CREATE TABLE t (a int)").await;
    for number in 1..=3 {
        server.run("INSERT INTO t VALUES (1)").await;
        server.kill();
        server.restart().await;
        assert_eq!(count(&server).await, number);
    }
    assert_eq!(server.url(), url);
}

#[tokio::test]
async fn servers_share_nothing_and_know_their_settings() {
    let (one, two) = tokio::join!(Postgres::start(), Postgres::start_with(&["fsync=off"]));
    one.run("CREATE TABLE t (a int)").await;
    two.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1)").await;
    assert_eq!((count(&one).await, count(&two).await), (0, 1));
    for (server, expected) in [(&one, "on"), (&two, "off")] {
        let fsync: String = server.connect().await.query_one("SHOW fsync", &[]).await.unwrap().get(0);
        assert_eq!(fsync, expected);
    }
}

#[tokio::test]
async fn without_the_password_nobody_gets_in() {
    let server = Postgres::start().await;
    let wrong = server.url().replace(PASSWORD, "guess");
    let error = tokio_postgres::connect(&wrong, NoTls).await.err().unwrap();
    assert_eq!(error.code().unwrap().code(), "28P01");
}
