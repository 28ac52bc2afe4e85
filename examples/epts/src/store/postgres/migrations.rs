//! Making a database what this version of the service works with.

use tokio_postgres::{Client, Transaction};

use super::error::Unfit;
use crate::store::StoreError;

/// What a database that was never used lacks, in order. One that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// Any number, the same in all replicas.
const LOCK: i64 = 0x6570_7473;

/// All that is missing, in one transaction. Of replicas that start at the same time, one does it and the others
/// wait for it. A database that is up to date is not written.
pub(super) async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let seen = seen(&transaction).await?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if seen > known {
        return Err(Unfit::Newer { seen, known }.into());
    }
    if seen == 0 {
        transaction.batch_execute("CREATE TABLE epts_migrations (number bigint PRIMARY KEY)").await?;
    }
    for (number, script) in (1_i64..).zip(MIGRATIONS).filter(|(number, _)| *number > seen) {
        transaction.batch_execute(script).await?;
        transaction.execute("INSERT INTO epts_migrations VALUES ($1)", &[&number]).await?;
    }
    Ok(transaction.commit().await?)
}

async fn seen(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    let is_new = transaction.query_one("SELECT to_regclass('epts_migrations') IS NULL", &[]).await?;
    if is_new.try_get(0)? {
        return Ok(0);
    }
    let seen = transaction.query_one("SELECT count(*) FROM epts_migrations", &[]).await?;
    Ok(seen.try_get(0)?)
}
