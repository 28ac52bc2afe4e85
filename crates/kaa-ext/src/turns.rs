//! One at a time sends something to an endpoint.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_protocol::name::EndpointId;
use tokio::sync::OwnedMutexGuard;

/// Whose turn it is to send something to an endpoint, for services that push: what several tasks have for a device
/// goes out in the order in which they came, and nothing overtakes an answer that [holds](crate::Holding) its
/// turn. Clones share the turns.
///
/// Only endpoints that somebody sends something to have an entry, so there are no more of them than there are tasks.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use kaa_ext::Turns;
///
/// let turns = Turns::default();
/// let endpoint = "ep-1".parse()?;
/// let turn = turns.take(&endpoint).await;
/// // What is sent here is sent before what others have for ep-1.
/// drop(turn);
/// # Ok::<(), kaa_ext::protocol::name::NameError>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Queues>>);

type Queues = HashMap<EndpointId, Queue>;
type Queue = Arc<tokio::sync::Mutex<()>>;

/// Whoever has it is the only one who sends something to the endpoint. It ends when it is dropped.
#[must_use = "a turn ends when it is dropped"]
pub struct Turn {
    // Before the place, which looks whether anybody else is there.
    _guard: OwnedMutexGuard<()>,
    _place: Place,
}

/// A place in the queue of an endpoint.
struct Place {
    turns: Turns,
    endpoint: EndpointId,
    queue: Queue,
}

impl Turns {
    /// Waits for the turn of whoever sends something to an endpoint. Who came first is first.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, its place in the queue is given up.
    pub async fn take(&self, endpoint: &EndpointId) -> Turn {
        let queue = self.lock().entry(endpoint.clone()).or_default().clone();
        let place = Place { turns: self.clone(), endpoint: endpoint.clone(), queue };
        let guard = place.queue.clone().lock_owned().await;
        Turn { _guard: guard, _place: place }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.turns.lock();
        // The map has one, and this place the other; whoever comes gets a third one under the lock that is held here.
        if Arc::strong_count(&self.queue) <= 2 {
            queues.remove(&self.endpoint);
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("endpoint", &self._place.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(name: &str) -> EndpointId {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn turns_come_in_their_order_and_those_of_others_do_not_wait() {
        let (turns, order) = (Turns::default(), Arc::new(Mutex::new(Vec::new())));
        let first = turns.take(&endpoint("ep-1")).await;
        let waiting: Vec<_> = (0..10)
            .map(|number| {
                let (turns, order) = (turns.clone(), order.clone());
                tokio::spawn(async move {
                    let _turn = turns.take(&endpoint("ep-1")).await;
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(turns.take(&endpoint("ep-2")).await);
        assert!(order.lock().unwrap().is_empty());
        drop(first);
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), Vec::from_iter(0..10));
    }

    #[tokio::test]
    async fn nothing_is_kept_of_turns_that_are_over_or_were_given_up() {
        let turns = Turns::default();
        let first = turns.take(&endpoint("ep-1")).await;
        let second = tokio::time::timeout(std::time::Duration::ZERO, turns.take(&endpoint("ep-1"))).await;
        assert!(second.is_err());
        assert_eq!(turns.lock().len(), 1, "the first one has its turn");
        drop(first);
        assert_eq!(turns.lock().len(), 0);
    }
}
