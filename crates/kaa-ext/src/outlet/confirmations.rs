//! Status messages of devices: which push each of them confirms.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The pushes that wait for a status message, by correlation ID.
#[derive(Debug, Default)]
pub(super) struct Confirmations(Mutex<HashMap<String, oneshot::Sender<String>>>);

impl Confirmations {
    /// Opens an entry, which ends with what is returned.
    pub(super) fn expect(&self, correlation_id: &str) -> Expected<'_> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(correlation_id.to_owned(), sender);
        Expected { confirmations: self, correlation_id: correlation_id.to_owned(), receiver }
    }

    pub(super) fn resolve(&self, correlation_id: &str, status: &str) {
        let waiting = self.lock().remove(correlation_id);
        if let Some(waiting) = waiting {
            // Whoever waited may have given up at this moment.
            let _ = waiting.send(status.to_owned());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one status message.
pub(super) struct Expected<'a> {
    confirmations: &'a Confirmations,
    correlation_id: String,
    receiver: oneshot::Receiver<String>,
}

impl Expected<'_> {
    /// What the device said. Cancel safe.
    pub(super) async fn status(&mut self) -> Option<String> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.confirmations.lock().remove(&self.correlation_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_status_message_finds_the_push_it_confirms_and_leaves_nothing_behind() {
        let confirmations = Confirmations::default();
        let (mut one, other) = (confirmations.expect("1"), confirmations.expect("2"));
        confirmations.resolve("3", "ok");
        confirmations.resolve("1", "ok");
        assert_eq!(one.status().await.as_deref(), Some("ok"));
        drop((one, other));
        assert!(confirmations.lock().is_empty());
    }
}
