//! The SQLite file.

use kaa_ext::protocol::epmp::Metadata;
use kaa_ext::protocol::json::{JsonPayload, RawJson};
use kaa_ext::protocol::name::EndpointId;
use kaa_ext::sqlite::rusqlite::types::Type;
use kaa_ext::sqlite::rusqlite::{Connection, Error, Result, Row, params};
use kaa_ext::sqlite::{Database, SqliteError};

use crate::change::{Change, Difference, TooMuch};
use crate::settings::{Limits, Settings};

const MIGRATIONS: &[&str] = &["CREATE TABLE metadata (
    endpoint TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (endpoint, key)
) STRICT, WITHOUT ROWID;"];

/// The metadata of all endpoints. Clones are cheap and share it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    database: Database,
    limits: Limits,
}

impl Store {
    pub(crate) async fn open(settings: &Settings) -> std::result::Result<Self, SqliteError> {
        let database = Database::open(&settings.database, MIGRATIONS).await?;
        Ok(Self { database, limits: settings.limits })
    }

    /// All metadata of an endpoint.
    pub(crate) async fn read(&self, endpoint: EndpointId) -> std::result::Result<Metadata, SqliteError> {
        self.database.read(move |connection| load(connection, &endpoint)).await
    }

    /// Changes the metadata of an endpoint, and returns when that is durable.
    ///
    /// Old values are read in the transaction that writes the new ones: of changes at the same time, one follows
    /// the other, and their differences add up.
    pub(crate) async fn change(
        &self,
        endpoint: EndpointId,
        change: Change,
    ) -> std::result::Result<std::result::Result<Difference, TooMuch>, SqliteError> {
        let limits = self.limits;
        let work = move |connection: &Connection| {
            let old = load(connection, &endpoint)?;
            let new = match change.apply(&old, limits) {
                Ok(new) => new,
                Err(too_much) => return Ok(Err(too_much)),
            };
            let difference = Difference::between(old, &new);
            save(connection, &endpoint, &difference)?;
            Ok(Ok(difference))
        };
        self.database.write(work).await
    }

    pub(crate) async fn close(&self) {
        self.database.close().await;
    }
}

fn load(connection: &Connection, endpoint: &EndpointId) -> Result<Metadata> {
    let mut rows = connection.prepare_cached("SELECT key, value FROM metadata WHERE endpoint = ?1")?;
    let entries = rows.query_map([endpoint.as_str()], |row| {
        let key = column(row, 0, str::parse)?;
        Ok((key, column(row, 1, |text| RawJson::from_json(text.as_bytes()))?))
    })?;
    entries.collect::<Result<_>>().map(Metadata)
}

/// Somebody else may have written to the file.
fn column<T, E: std::error::Error + Send + Sync + 'static>(
    row: &Row<'_>,
    index: usize,
    parse: impl FnOnce(&str) -> std::result::Result<T, E>,
) -> Result<T> {
    let text: String = row.get(index)?;
    parse(&text).map_err(|error| Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

fn save(connection: &Connection, endpoint: &EndpointId, difference: &Difference) -> Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM metadata WHERE endpoint = ?1 AND key = ?2")?;
    for key in difference.removed.keys() {
        delete.execute(params![endpoint.as_str(), key.as_str()])?;
    }
    let mut set =
        connection.prepare_cached("REPLACE INTO metadata (endpoint, key, value) VALUES (?1, ?2, ?3)")?;
    let updated = difference.updated.iter().map(|(key, (_, is))| (key, is));
    for (key, value) in difference.added.iter().chain(updated) {
        set.execute(params![endpoint.as_str(), key.as_str(), value.as_str()])?;
    }
    Ok(())
}
