//! What became of the last requests: so many endpoints, so many outcomes of each, for so long.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kaa_ext::prelude::{EndpointId, RequestId, ServiceInstance};
use lru::LruCache;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use crate::settings::Settings;

/// What became of a request, as a device gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// By the numbers of HTTP.
    pub(crate) status_code: i32,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason_phrase: Option<String>,
    /// When the extension answered, in Unix milliseconds, by its own clock.
    pub(crate) timestamp: i64,
}

/// The last outcomes of the endpoints that were heard of last.
///
/// Each endpoint has a share of its own, so that a noisy one forgets only what it did itself.
pub(crate) struct Outcomes {
    endpoints: Mutex<LruCache<EndpointId, VecDeque<Entry>>>,
    per_endpoint: NonZeroUsize,
    ttl: Duration,
}

struct Entry {
    extension: ServiceInstance,
    request: RequestId,
    outcome: Outcome,
    noted: Instant,
}

impl Entry {
    fn is_of(&self, extension: &ServiceInstance, request: RequestId) -> bool {
        self.request == request && self.extension == *extension
    }
}

impl Outcomes {
    pub(crate) fn new(settings: &Settings) -> Self {
        let &Settings { endpoints, per_endpoint, ttl } = settings;
        Self { endpoints: Mutex::new(LruCache::new(endpoints)), per_endpoint, ttl }
    }

    /// Notes the outcome of a request. Devices reuse request IDs: only the last outcome counts.
    pub(crate) fn note(
        &self,
        endpoint: EndpointId,
        extension: ServiceInstance,
        request: RequestId,
        outcome: Outcome,
    ) {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = endpoints.get_or_insert_mut(endpoint, VecDeque::new);
        entries.retain(|entry| entry.noted.elapsed() < self.ttl && !entry.is_of(&extension, request));
        if entries.len() >= self.per_endpoint.get() {
            entries.pop_front();
        }
        entries.push_back(Entry { extension, request, outcome, noted: Instant::now() });
    }

    /// What became of a request, if that is known.
    pub(crate) fn of(
        &self,
        endpoint: &EndpointId,
        extension: &ServiceInstance,
        request: RequestId,
    ) -> Option<Outcome> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = endpoints.get(endpoint)?.iter().find(|entry| entry.is_of(extension, request))?;
        (entry.noted.elapsed() < self.ttl).then(|| entry.outcome.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DCX: ServiceInstance = ServiceInstance::from_static("dcx");

    fn outcomes(endpoints: usize, per_endpoint: usize) -> Outcomes {
        let number = |number| NonZeroUsize::new(number).unwrap();
        let (endpoints, per_endpoint) = (number(endpoints), number(per_endpoint));
        Outcomes::new(&Settings { endpoints, per_endpoint, ttl: Duration::from_secs(10) })
    }

    fn endpoint(number: usize) -> EndpointId {
        format!("ep-{number}").parse().unwrap()
    }

    fn request(number: i32) -> RequestId {
        RequestId::try_from(number).unwrap()
    }

    impl Outcomes {
        fn put(&self, of: usize, id: i32, status_code: i32) {
            let outcome = Outcome { status_code, reason_phrase: None, timestamp: 0 };
            self.note(endpoint(of), DCX, request(id), outcome);
        }

        fn status(&self, of: usize, id: i32) -> Option<i32> {
            self.of(&endpoint(of), &DCX, request(id)).map(|outcome| outcome.status_code)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_forgets_its_oldest_outcome_for_one_too_many() {
        let outcomes = outcomes(9, 3);
        for id in 0..3 {
            outcomes.put(1, id, 200);
        }
        assert_eq!(outcomes.status(1, 0), Some(200));
        outcomes.put(1, 3, 200);
        assert_eq!((outcomes.status(1, 0), outcomes.status(1, 1)), (None, Some(200)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_one_endpoint_leaves_the_others_alone_and_does_not_grow() {
        let outcomes = outcomes(2, 3);
        outcomes.put(2, 7, 507);
        for id in 0..100_000 {
            outcomes.put(1, id, 200);
        }
        assert_eq!(outcomes.status(2, 7), Some(507));
        let entries = outcomes.endpoints.lock().unwrap().get(&endpoint(1)).unwrap().len();
        assert_eq!(entries, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn the_endpoint_that_was_quiet_for_longest_makes_room_for_a_new_one() {
        let outcomes = outcomes(2, 3);
        outcomes.put(1, 0, 200);
        outcomes.put(2, 0, 200);
        outcomes.put(1, 1, 200);
        outcomes.put(3, 0, 200);
        assert_eq!((outcomes.status(1, 0), outcomes.status(2, 0)), (Some(200), None));
        assert_eq!(outcomes.endpoints.lock().unwrap().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_request_id_that_is_used_again_the_last_outcome_counts() {
        let outcomes = outcomes(1, 2);
        outcomes.put(1, 5, 400);
        outcomes.put(1, 6, 200);
        outcomes.put(1, 5, 200);
        assert_eq!((outcomes.status(1, 5), outcomes.status(1, 6)), (Some(200), Some(200)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outcome_is_forgotten_when_its_time_is_over() {
        let outcomes = outcomes(1, 2);
        outcomes.put(1, 5, 200);
        tokio::time::advance(Duration::from_millis(9_999)).await;
        assert_eq!(outcomes.status(1, 5), Some(200));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(outcomes.status(1, 5), None);
    }
}
