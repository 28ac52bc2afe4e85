//! Waiting for an event, but not for ever.

use std::time::Duration;

/// Longer than anything a test waits for should take, on a busy machine too.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for `future`.
///
/// # Panics
///
/// After [`PATIENCE`], naming what was waited for.
pub async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {PATIENCE:?} for {what}"),
    }
}
