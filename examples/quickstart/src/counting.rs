//! A resource with state.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kaa_ext::prelude::*;

/// How often each endpoint asked.
#[derive(Clone, Default)]
pub struct Counts(Arc<Mutex<HashMap<EndpointId, u64>>>);

impl Counts {
    fn next(&self, endpoint: EndpointId) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(endpoint).or_default();
        *count += 1;
        *count
    }
}

/// Counts the requests of each endpoint.
#[resource("/count")]
pub(crate) async fn count(endpoint: EndpointId, State(counts): State<Counts>) -> String {
    counts.next(endpoint).to_string()
}
