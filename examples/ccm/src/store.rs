//! The SQLite file.

use std::path::Path;

use kaa_ext::sqlite::rusqlite::types::Type;
use kaa_ext::sqlite::rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};
use kaa_ext::sqlite::{Database, SqliteError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::status::Status;

const MIGRATIONS: &[&str] = &["CREATE TABLE token (
    id TEXT PRIMARY KEY,
    application TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    hash BLOB NOT NULL,
    status TEXT NOT NULL,
    UNIQUE (application, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    client TEXT NOT NULL,
    username TEXT UNIQUE,
    hash TEXT,
    issuer TEXT,
    serial TEXT,
    status TEXT NOT NULL,
    UNIQUE (issuer, serial)
) STRICT, WITHOUT ROWID;"];

/// A token without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Token {
    /// The identity by which it is managed, and announced when it is revoked.
    pub(crate) id: String,
    /// The application that the endpoint belongs to.
    pub(crate) application: String,
    /// The endpoint that it stands for.
    pub(crate) endpoint: String,
    /// Whether it counts.
    pub(crate) status: Status,
}

/// A credential of a client without its secret: a user name or a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Credential {
    /// The identity by which it is managed, and announced when it is revoked.
    pub(crate) id: String,
    /// The tenant that the client belongs to.
    pub(crate) tenant: String,
    /// The client.
    pub(crate) client: String,
    /// The user name, if it is a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    /// The issuer, if it is a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// The serial number in decimal digits, if it is a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serial_number: Option<String>,
    /// Whether it counts.
    pub(crate) status: Status,
}

/// A row that has an identity and a status.
pub(crate) trait Kept: Sized + Send + 'static {
    /// `SELECT` of all columns of `read`, without a condition.
    const SELECT: &str;
    /// Of `?1` (the ID) to `?2` (the status).
    const UPDATE: &str;
    fn read(row: &Row<'_>) -> Result<Self>;
    fn status(&mut self) -> &mut Status;
}

impl Kept for Token {
    const SELECT: &str = "SELECT id, application, endpoint, status FROM token";
    const UPDATE: &str = "UPDATE token SET status = ?2 WHERE id = ?1";

    fn read(row: &Row<'_>) -> Result<Self> {
        let status = status(row, 3)?;
        Ok(Self { id: row.get(0)?, application: row.get(1)?, endpoint: row.get(2)?, status })
    }

    fn status(&mut self) -> &mut Status {
        &mut self.status
    }
}

impl Kept for Credential {
    const SELECT: &str = "SELECT id, tenant, client, username, issuer, serial, status, hash FROM credential";
    const UPDATE: &str = "UPDATE credential SET status = ?2 WHERE id = ?1";

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            tenant: row.get(1)?,
            client: row.get(2)?,
            username: row.get(3)?,
            issuer: row.get(4)?,
            serial_number: row.get(5)?,
            status: status(row, 6)?,
        })
    }

    fn status(&mut self) -> &mut Status {
        &mut self.status
    }
}

/// What a step has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stepped<T> {
    /// It has the status now, or had it already.
    Done(T),
    /// There is none.
    Unknown,
    /// It is revoked, for ever.
    Final,
}

/// All tokens and credentials. Clones are cheap and share them.
#[derive(Debug, Clone)]
pub(crate) struct Store(Database);

type Stored<T> = std::result::Result<T, SqliteError>;

impl Store {
    pub(crate) async fn open(path: &Path) -> Stored<Self> {
        Database::open(path, MIGRATIONS).await.map(Self)
    }

    /// What is behind it, for tests that break it.
    #[cfg(test)]
    pub(crate) fn database(&self) -> &Database {
        &self.0
    }

    /// Keeps a token; `false` when there is one like it already.
    pub(crate) async fn add_token(&self, token: Token, hash: [u8; 32]) -> Stored<bool> {
        let Token { id, application, endpoint, status } = token;
        let sql = "INSERT INTO token (id, application, endpoint, hash, status) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO NOTHING";
        let insert = move |connection: &Connection| {
            connection.execute(sql, params![id, application, endpoint, hash, status.as_str()])
        };
        Ok(self.0.write(insert).await? == 1)
    }

    /// Keeps a credential; `false` when there is one like it already.
    pub(crate) async fn add_credential(&self, credential: Credential, hash: Option<String>) -> Stored<bool> {
        let sql = "INSERT INTO credential (id, tenant, client, username, hash, issuer, serial, status)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
        let insert = move |connection: &Connection| {
            let Credential { id, tenant, client, username, issuer, serial_number, status } = credential;
            let status = status.as_str();
            connection
                .execute(sql, params![id, tenant, client, username, hash, issuer, serial_number, status])
        };
        Ok(self.0.write(insert).await? == 1)
    }

    /// The token with this hash.
    pub(crate) async fn token(&self, application: String, hash: [u8; 32]) -> Stored<Option<Token>> {
        let find = move |connection: &Connection| {
            let sql = format!("{} WHERE application = ?1 AND hash = ?2", Token::SELECT);
            connection.prepare_cached(&sql)?.query_row(params![application, hash], Token::read).optional()
        };
        self.0.read(find).await
    }

    /// The credential with this user name, and the hash of its password.
    pub(crate) async fn user(&self, username: String) -> Stored<Option<(Credential, Option<String>)>> {
        let find = move |connection: &Connection| {
            let sql = format!("{} WHERE username = ?1", Credential::SELECT);
            let read = |row: &Row<'_>| Ok((Credential::read(row)?, row.get(7)?));
            connection.prepare_cached(&sql)?.query_row([username], read).optional()
        };
        self.0.read(find).await
    }

    /// The credential of a certificate.
    pub(crate) async fn certificate(&self, issuer: String, serial: String) -> Stored<Option<Credential>> {
        let find = move |connection: &Connection| {
            let sql = format!("{} WHERE issuer = ?1 AND serial = ?2", Credential::SELECT);
            connection.prepare_cached(&sql)?.query_row([issuer, serial], Credential::read).optional()
        };
        self.0.read(find).await
    }

    /// The one with this ID.
    pub(crate) async fn get<T: Kept>(&self, id: String) -> Stored<Option<T>> {
        self.0.read(move |connection| by_id(connection, &id)).await
    }

    /// So many, by ID, after this one.
    pub(crate) async fn list<T: Kept>(&self, after: String, limit: u32) -> Stored<Vec<T>> {
        let list = move |connection: &Connection| {
            let sql = format!("{} WHERE id > ?1 ORDER BY id LIMIT ?2", T::SELECT);
            connection.prepare_cached(&sql)?.query_map(params![after, limit], T::read)?.collect()
        };
        self.0.read(list).await
    }

    /// Gives it another status, if it may have that, and returns when that is durable.
    pub(crate) async fn step<T: Kept>(&self, id: String, target: Status) -> Stored<Stepped<T>> {
        let step = move |connection: &Connection| {
            let Some(mut kept) = by_id::<T>(connection, &id)? else { return Ok(Stepped::Unknown) };
            if !kept.status().may_become(target) {
                return Ok(Stepped::Final);
            }
            connection.execute(T::UPDATE, params![id, target.as_str()])?;
            *kept.status() = target;
            Ok(Stepped::Done(kept))
        };
        self.0.write(step).await
    }

    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

fn by_id<T: Kept>(connection: &Connection, id: &str) -> Result<Option<T>> {
    let sql = format!("{} WHERE id = ?1", T::SELECT);
    connection.prepare_cached(&sql)?.query_row([id], T::read).optional()
}

fn status(row: &Row<'_>, index: usize) -> Result<Status> {
    let text: String = row.get(index)?;
    text.parse().map_err(|error| Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}
