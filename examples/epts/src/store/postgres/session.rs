//! One connection, from its greeting to its end.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, Error, NoTls, Statement};

use super::error::Unfit;
use crate::store::StoreError;

/// How long a connection that is let go may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Settings without which what is confirmed could be lost, and the value that no session may see.
const DURABLE: [(&str, &str); 2] = [("fsync", "off"), ("synchronous_commit", "off")];

/// A connection and the statements it has prepared.
pub(super) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    /// What reads and writes the socket. It ends with the session, whatever the server does.
    driver: JoinSet<()>,
}

impl Session {
    /// A connection to a server that keeps what it confirms. What it is asked ends after `deadline` on its side too.
    pub(super) async fn connect(config: &Config, deadline: Duration) -> Result<Self, StoreError> {
        let (client, connection) = config.connect(NoTls).await.map_err(unreachable)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // The requests are told the same.
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the database ended: {error}");
            }
        });
        let session = Self { client, statements: HashMap::new(), driver };
        let milliseconds = deadline.as_millis();
        let settings = format!(
            "SET statement_timeout = {milliseconds};
             SET idle_in_transaction_session_timeout = {milliseconds};
             SET default_transaction_isolation = 'read committed'"
        );
        session.client.batch_execute(&settings).await.map_err(unreachable)?;
        session.check().await?;
        Ok(session)
    }

    /// Asked of each connection: the server may be another one than the last time.
    async fn check(&self) -> Result<(), StoreError> {
        for (setting, lost) in DURABLE {
            if self.setting(setting).await? == lost {
                return Err(Unfit::NotDurable { setting }.into());
            }
        }
        match self.setting("server_encoding").await? {
            encoding if encoding == "UTF8" => Ok(()),
            encoding => Err(Unfit::Encoding { encoding }.into()),
        }
    }

    async fn setting(&self, name: &str) -> Result<String, StoreError> {
        let row = self.client.query_one("SELECT current_setting($1)", &[&name]).await.map_err(unreachable)?;
        row.try_get(0).map_err(unreachable)
    }

    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Prepared once for a connection.
    pub(super) async fn statement(&mut self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Says goodbye, as well as it goes.
    pub(super) async fn end(self) {
        let Self { client, mut driver, .. } = self;
        drop(client);
        let _ = timeout(GOODBYE, driver.join_next()).await;
    }
}

/// Whatever keeps a connection from being made, a wrong password too, may be mended while samples wait.
fn unreachable(error: Error) -> StoreError {
    StoreError::Unavailable(error.into())
}
