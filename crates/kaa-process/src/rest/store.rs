//! What a database could not do, as a problem.

use axum::http::StatusCode;
use kaa_sqlite::SqliteError;

use super::problem::Problem;
use crate::error::Chain;

/// 507 when the disk is full, 500 for what is wrong with the service itself, 503 otherwise. The caller is told what
/// to do, and the log has the cause.
impl From<SqliteError> for Problem {
    fn from(error: SqliteError) -> Self {
        let status = match error {
            SqliteError::Full => StatusCode::INSUFFICIENT_STORAGE,
            SqliteError::Refused(_) | SqliteError::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        // The source is not for callers, and this is the last place that has it.
        tracing::warn!(status = status.as_u16(), "{:#}", Chain(&error));
        Self::new(status, error.to_string())
    }
}
