//! What a database file promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::task::{JoinHandle, yield_now};

use crate::writer::{WAITING, Writer};
use crate::{Database, SqliteError, migrations};

const NOTES: &[&str] = &["CREATE TABLE note (text TEXT NOT NULL UNIQUE)"];

fn file(directory: &TempDir) -> PathBuf {
    directory.path().join("notes.db")
}

async fn open() -> (TempDir, Database) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(file(&directory), NOTES).await.unwrap();
    (directory, database)
}

fn insert(text: impl Into<String>) -> impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static {
    let text = text.into();
    move |connection| connection.execute("INSERT INTO note VALUES (?1)", [text]).map(drop)
}

fn texts(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection.prepare("SELECT text FROM note ORDER BY rowid")?.query_map([], |row| row.get(0))?.collect()
}

/// Keeps the writer busy, so that what is written meanwhile is one group.
async fn hold(database: &Database) -> impl FnOnce() + use<> {
    let (entered, running) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let holding = database.clone();
    tokio::spawn(async move {
        let work = move |_: &Connection| {
            entered.send(()).unwrap();
            // An end of the test is a release as well.
            let _ = released.recv();
            Ok(())
        };
        holding.write(work).await
    });
    running.await.unwrap();
    move || drop(release)
}

/// Enqueues a write, and returns when it is in the queue.
async fn enqueue<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> JoinHandle<Result<T, SqliteError>> {
    let database = database.clone();
    let writing = tokio::spawn(async move { database.write(work).await });
    yield_now().await;
    writing
}

#[tokio::test]
async fn what_was_confirmed_is_read_and_is_there_after_a_reopening() {
    let (directory, database) = open().await;
    database.write(insert("a")).await.unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["a"]);
    database.close().await;
    let reopened = Database::open(file(&directory), NOTES).await.unwrap();
    assert_eq!(reopened.read(texts).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn the_log_is_synced_before_a_write_is_confirmed() {
    let (_directory, database) = open().await;
    let pragma = |name: &'static str| {
        database.write(move |connection| {
            connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
        })
    };
    assert_eq!(pragma("journal_mode").await.unwrap(), "wal".to_owned().into());
    assert_eq!(pragma("synchronous").await.unwrap(), 2.into());
}

#[tokio::test]
async fn writes_of_a_group_are_one_transaction_in_the_order_they_came() {
    let (directory, database) = open().await;
    let release = hold(&database).await;
    let first = enqueue(&database, insert("a")).await;
    let path = file(&directory);
    let second = enqueue(&database, move |connection| {
        insert("b")(connection)?;
        Ok((texts(connection)?, texts(&Connection::open(path)?)?))
    })
    .await;
    release();
    let (within, outside) = second.await.unwrap().unwrap();
    assert_eq!(within, ["a", "b"]);
    assert!(outside.is_empty(), "nothing is committed before the group is");
    first.await.unwrap().unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn a_write_that_fails_takes_back_only_itself() {
    let (_directory, database) = open().await;
    let release = hold(&database).await;
    let before = enqueue(&database, insert("a")).await;
    let failing =
        enqueue(&database, |connection| insert("b")(connection).and_then(|()| insert("a")(connection)));
    let failing = failing.await;
    let after = enqueue(&database, insert("c")).await;
    release();
    before.await.unwrap().unwrap();
    assert!(matches!(failing.await.unwrap(), Err(SqliteError::Refused(_))));
    after.await.unwrap().unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["a", "c"]);
}

#[tokio::test]
async fn a_write_that_panics_takes_back_only_itself() {
    let (_directory, database) = open().await;
    let release = hold(&database).await;
    let before = enqueue(&database, insert("a")).await;
    let panics = enqueue(&database, |connection| -> rusqlite::Result<()> {
        insert("b")(connection)?;
        panic!("on purpose")
    });
    let panics = panics.await;
    let after = enqueue(&database, insert("c")).await;
    release();
    before.await.unwrap().unwrap();
    assert!(matches!(panics.await.unwrap(), Err(SqliteError::Panicked)));
    after.await.unwrap().unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["a", "c"]);
}

/// From now on the file does not grow any more.
fn no_room(connection: &Connection) -> rusqlite::Result<()> {
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

#[tokio::test]
async fn a_full_disk_is_told_and_what_has_room_is_stored_all_the_same() {
    let (_directory, database) = open().await;
    database.write(no_room).await.unwrap();
    let error = database.write(insert("x".repeat(100_000))).await.unwrap_err();
    assert!(matches!(error, SqliteError::Full), "{error:?}");
    database.write(insert("small")).await.unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["small"]);
}

#[tokio::test]
async fn a_group_in_which_the_disk_fills_up_confirms_nothing_that_is_not_stored() {
    let (_directory, database) = open().await;
    database.write(no_room).await.unwrap();
    let release = hold(&database).await;
    let before = enqueue(&database, insert("before")).await;
    let full = enqueue(&database, insert("x".repeat(100_000))).await;
    // One that does not look whether its statements succeed.
    let careless = |connection: &Connection| {
        insert("careless")(connection)?;
        let _ = insert("x".repeat(100_000))(connection);
        Ok(())
    };
    let careless = enqueue(&database, careless).await;
    let after = enqueue(&database, insert("after")).await;
    release();
    assert!(matches!(full.await.unwrap(), Err(SqliteError::Full)));
    let before = before.await.unwrap();
    assert!(matches!(before, Ok(()) | Err(SqliteError::Full)), "{before:?}");
    let careless = careless.await.unwrap();
    after.await.unwrap().unwrap();
    let stored = database.read(texts).await.unwrap();
    let is_stored = |text: &str| stored.iter().any(|stored| stored == text);
    assert_eq!(before.is_ok(), is_stored("before"), "{before:?}");
    assert_eq!(careless.is_ok(), is_stored("careless"), "{careless:?}");
    assert!(is_stored("after"));
}

#[tokio::test]
async fn a_transaction_that_the_work_ends_is_an_error_and_the_writer_goes_on() {
    let (_directory, database) = open().await;
    let ended = database.write(|connection| {
        insert("a")(connection)?;
        connection.execute_batch("ROLLBACK")
    });
    assert!(matches!(ended.await, Err(SqliteError::Refused(_))));
    database.write(insert("b")).await.unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["b"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_told_to_every_write_of_the_group() {
    let (directory, database) = open().await;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let writer = Writer::start(Connection::open_with_flags(file(&directory), flags).unwrap()).unwrap();
    let (first, second) = tokio::join!(writer.write(insert("a")), writer.write(insert("b")));
    assert!(matches!(first, Err(SqliteError::ReadOnly)), "{first:?}");
    assert!(matches!(second, Err(SqliteError::ReadOnly)), "{second:?}");
    assert!(database.read(texts).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_commit_is_told_to_every_write_of_the_group() {
    let (_directory, database) = open().await;
    let tables = "CREATE TABLE parent (id INTEGER PRIMARY KEY); \
                  CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)";
    database.write(|connection| connection.execute_batch(tables)).await.unwrap();
    let release = hold(&database).await;
    let innocent = enqueue(&database, insert("a")).await;
    let orphan =
        enqueue(&database, |connection| connection.execute_batch("INSERT INTO child VALUES (1)")).await;
    release();
    for told in [innocent.await.unwrap(), orphan.await.unwrap()] {
        assert!(matches!(told, Err(SqliteError::Refused(_))), "{told:?}");
    }
    database.write(insert("b")).await.unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["b"]);
}

#[tokio::test]
async fn writes_beyond_what_may_wait_are_told_so_at_once() {
    let (_directory, database) = open().await;
    let release = hold(&database).await;
    let mut waiting = Vec::new();
    for number in 0..WAITING {
        waiting.push(enqueue(&database, insert(number.to_string())).await);
    }
    assert!(matches!(database.write(insert("one more")).await, Err(SqliteError::Busy)));
    release();
    for write in waiting {
        write.await.unwrap().unwrap();
    }
    database.write(insert("one more")).await.unwrap();
    assert_eq!(database.read(texts).await.unwrap().len(), WAITING + 1);
}

#[tokio::test]
async fn closing_finishes_what_was_begun_and_refuses_the_rest() {
    let (directory, database) = open().await;
    let release = hold(&database).await;
    let begun = enqueue(&database, insert("a")).await;
    let closing = tokio::spawn({
        let database = database.clone();
        async move { database.close().await }
    });
    // A write that comes while the file closes is either done or refused; reads are refused by then.
    while !matches!(database.read(|_| Ok(())).await, Err(SqliteError::Closed)) {
        yield_now().await;
    }
    assert!(!closing.is_finished());
    release();
    begun.await.unwrap().unwrap();
    closing.await.unwrap();
    assert!(matches!(database.write(insert("late")).await, Err(SqliteError::Closed)));
    database.close().await;
    let log = directory.path().join("notes.db-wal");
    assert!(!log.exists(), "the log is folded into the file");
}

#[tokio::test]
async fn the_last_clone_ends_the_thread_and_closes_the_file() {
    let (_directory, database) = open().await;
    let (alive, gone) = tokio::sync::oneshot::channel::<()>();
    // The queue goes with the clones; what is in it is done first.
    let last = enqueue(&database, move |_| {
        drop(alive);
        Ok(())
    });
    let last = last.await;
    drop(database);
    last.await.unwrap().unwrap();
    assert!(gone.await.is_err());
}

#[tokio::test]
async fn a_read_cannot_write_and_one_that_panics_leaves_the_others_alone() {
    let (_directory, database) = open().await;
    assert!(matches!(database.read(insert("a")).await, Err(SqliteError::ReadOnly)));
    for _ in 0..8 {
        let panicked = database.read(|_| -> rusqlite::Result<()> { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err(SqliteError::Panicked)));
    }
    database.write(insert("b")).await.unwrap();
    assert_eq!(database.read(texts).await.unwrap(), ["b"]);
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_ends_and_gives_its_place_to_others() {
    let (_directory, database) = open().await;
    for _ in 0..8 {
        let (entered, begun) = tokio::sync::oneshot::channel();
        let endless = database.read(|connection| {
            entered.send(()).unwrap();
            let sql =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            connection.query_row(sql, [], |row| row.get::<_, i64>(0))
        });
        tokio::select! {
            ended = endless => panic!("{ended:?}"),
            begun = begun => begun.unwrap(),
        }
    }
    database.write(insert("a")).await.unwrap();
    // On one of the connections that were stopped.
    assert_eq!(database.read(texts).await.unwrap(), ["a"]);
    database.close().await;
}

#[tokio::test]
async fn a_read_that_fails_says_whether_it_is_worth_another_try() {
    let (_directory, database) = open().await;
    let failed = |code| {
        move |_: &Connection| -> rusqlite::Result<()> {
            Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))
        }
    };
    for (code, status) in [
        (rusqlite::ffi::SQLITE_BUSY, 503),
        (rusqlite::ffi::SQLITE_CANTOPEN, 503),
        (rusqlite::ffi::SQLITE_IOERR, 503),
        (rusqlite::ffi::SQLITE_FULL, 507),
        (rusqlite::ffi::SQLITE_ERROR, 500),
    ] {
        let error = database.read(failed(code)).await.unwrap_err();
        assert_eq!(error.http_status(), status, "{error:?}");
    }
}

#[tokio::test]
async fn migrations_are_run_once_and_in_order() {
    const LATER: &[&str] =
        &[NOTES[0], "INSERT INTO note VALUES ('second')", "INSERT INTO note VALUES ('third')"];
    let (directory, database) = open().await;
    database.write(insert("first")).await.unwrap();
    database.close().await;
    for _ in 0..2 {
        let database = Database::open(file(&directory), LATER).await.unwrap();
        assert_eq!(database.read(texts).await.unwrap(), ["first", "second", "third"]);
        database.close().await;
    }
    let error = Database::open(file(&directory), NOTES).await.unwrap_err();
    assert!(matches!(error, SqliteError::Newer { seen: 3, known: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("notes.db") && error.to_string().contains("newer"), "{error}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_file_as_it_was() {
    const BROKEN: &[&str] = &[NOTES[0], "INSERT INTO note VALUES ('half')", "not SQL"];
    let (directory, database) = open().await;
    database.close().await;
    let error = Database::open(file(&directory), BROKEN).await.unwrap_err();
    assert!(matches!(error, SqliteError::Migration { number: 3, .. }), "{error:?}");
    let database = Database::open(file(&directory), NOTES).await.unwrap();
    assert!(database.read(texts).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_opened_is_named_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing").join("notes.db");
    let error = Database::open(&missing, NOTES).await.unwrap_err();
    assert!(matches!(error, SqliteError::Directory { .. }), "{error:?}");
    assert!(error.to_string().contains("missing/notes.db"), "{error}");
    assert!(!missing.parent().unwrap().exists(), "it is not made silently");

    fs::write(file(&directory), "these are notes, but on paper; ".repeat(100)).unwrap();
    let error = Database::open(file(&directory), NOTES).await.unwrap_err();
    assert!(matches!(error, SqliteError::NotADatabase { .. }), "{error:?}");

    for unusable in [directory.path(), Path::new(":memory:"), Path::new("")] {
        let error = Database::open(unusable, NOTES).await.unwrap_err();
        assert!(matches!(error, SqliteError::Open { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_named_with_what_to_do() {
    let (directory, database) = open().await;
    database.close().await;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(file(&directory), flags).unwrap();
    let error = migrations::prepare(connection, &file(&directory), NOTES).unwrap_err();
    assert!(matches!(error, SqliteError::Unwritable { .. }), "{error:?}");
    assert!(error.to_string().contains("notes.db") && error.to_string().contains("right"), "{error}");
}
