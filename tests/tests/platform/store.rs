//! The database of samples, read behind the back of the service it belongs to.

use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags};

use crate::world::World;

/// Where `epts` keeps samples.
pub(crate) enum Store {
    /// In a SQLite file.
    Sqlite(PathBuf),
}

/// A sample that is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stored {
    pub(crate) endpoint: String,
    /// The batch it came with.
    pub(crate) batch: i64,
    pub(crate) content: String,
}

impl Store {
    pub(crate) fn sqlite(world: &World) -> Self {
        Self::Sqlite(world.file("epts.sqlite"))
    }

    /// What `epts` has to be told.
    pub(crate) fn variables(&self) -> [(&str, &str); 1] {
        match self {
            Self::Sqlite(path) => [("DATABASE", path.to_str().unwrap())],
        }
    }

    /// Every sample there is, in the order of arrival.
    pub(crate) fn samples(&self) -> Vec<Stored> {
        match self {
            Self::Sqlite(path) => {
                let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
                let mut query = database
                    .prepare(
                        "SELECT endpoints.name, samples.batch, CAST(samples.content AS TEXT)
                         FROM samples JOIN endpoints ON endpoints.id = samples.endpoint
                         ORDER BY samples.batch, samples.position",
                    )
                    .unwrap();
                let stored = |row: &rusqlite::Row<'_>| {
                    Ok(Stored { endpoint: row.get(0)?, batch: row.get(1)?, content: row.get(2)? })
                };
                query.query_map([], stored).unwrap().map(Result::unwrap).collect()
            }
        }
    }

    /// What the samples are, without whose.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.samples().into_iter().map(|sample| sample.content).collect()
    }
}
