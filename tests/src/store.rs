//! The database of samples, read behind the back of the service it belongs to.

use std::path::{Path, PathBuf};

use crate::patience::soon;
use crate::postgres::Postgres;
use rusqlite::{Connection, OpenFlags};

use crate::world::World;

/// Where `epts` keeps samples.
#[derive(Debug)]
pub enum Store {
    /// In a SQLite file.
    Sqlite(PathBuf),
    /// On a server of its own.
    Postgres(Postgres),
}

/// A sample that is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// Whose it is.
    pub endpoint: String,
    /// The batch it came with.
    pub batch: i64,
    /// What it says.
    pub content: String,
}

const STORED: &str = "SELECT endpoints.name, samples.batch, samples.content
    FROM samples JOIN endpoints ON endpoints.id = samples.endpoint ORDER BY samples.batch, samples.position";

impl Store {
    /// A file of this world.
    pub fn sqlite(world: &World) -> Self {
        Self::Sqlite(world.file("epts.sqlite"))
    }

    /// A new server.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn postgres() -> Self {
        Self::Postgres(Postgres::start().await)
    }

    /// What `epts` has to be told.
    ///
    /// # Panics
    ///
    /// When the path of the file is no text.
    pub fn database(&self) -> String {
        match self {
            Self::Sqlite(path) => path.to_str().unwrap().to_owned(),
            Self::Postgres(server) => server.url(),
        }
    }

    /// Kills the server with `kill -9`, and starts it again.
    ///
    /// # Panics
    ///
    /// When there is no server, or it does not come back.
    pub async fn restart(&mut self) {
        match self {
            Self::Sqlite(path) => panic!("{} is a file", path.display()),
            Self::Postgres(server) => server.restart().await,
        }
    }

    /// Every sample there is, in the order of arrival.
    ///
    /// # Panics
    ///
    /// When they cannot be read.
    pub async fn samples(&self) -> Vec<Stored> {
        match self {
            Self::Sqlite(path) => in_file(path),
            Self::Postgres(server) => on_server(server).await,
        }
    }

    /// What the samples are, without whose.
    ///
    /// # Panics
    ///
    /// When they cannot be read.
    pub async fn contents(&self) -> Vec<String> {
        self.samples().await.into_iter().map(|sample| sample.content).collect()
    }
}

fn in_file(path: &Path) -> Vec<Stored> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let mut query = database.prepare(STORED).unwrap();
    let stored = |row: &rusqlite::Row<'_>| Ok(Stored::new(row.get(0)?, row.get(1)?, row.get(2)?));
    query.query_map([], stored).unwrap().map(Result::unwrap).collect()
}

async fn on_server(server: &Postgres) -> Vec<Stored> {
    let rows = soon("the samples", server.connect().await.query(STORED, &[])).await.unwrap();
    rows.iter().map(|row| Stored::new(row.get(0), row.get(1), row.get(2))).collect()
}

impl Stored {
    fn new(endpoint: String, batch: i64, content: Vec<u8>) -> Self {
        Self { endpoint, batch, content: String::from_utf8(content).unwrap() }
    }
}
