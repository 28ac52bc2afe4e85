//! What a database could not do, as a problem.

use kaa_sqlite::SqliteError;

use super::problem::Problem;
use crate::error::Chain;

/// With its [`http_status`](SqliteError::http_status). The caller is told what to do, and the log has the cause.
impl From<SqliteError> for Problem {
    fn from(error: SqliteError) -> Self {
        let status = error.http_status();
        // The source is not for callers, and this is the last place that has it.
        tracing::warn!(status = status.as_u16(), "{:#}", Chain(&error));
        Self::new(status, error.to_string())
    }
}
