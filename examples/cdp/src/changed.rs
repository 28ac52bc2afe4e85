//! The places whose configurations have changed, until they are announced.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::place::Place;

/// Each place is in it once, however often it changes: what is announced is what is there by then. So there are no
/// more of them than there are configurations. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changed(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    places: BTreeSet<Place>,
    /// The place that was taken last.
    last: Option<Place>,
}

impl Changed {
    /// What is stored there now is to be announced.
    pub(crate) fn tell(&self, place: Place) {
        self.lock().places.insert(place);
        self.0.more.notify_one();
    }

    /// Takes one, or waits for it. They are taken round by round, so that none waits behind one that changes all
    /// the time.
    ///
    /// Cancel safe: what is not returned is there. One task at a time may wait.
    pub(crate) async fn next(&self) -> Place {
        loop {
            if let Some(place) = self.take() {
                return place;
            }
            self.0.more.notified().await;
        }
    }

    /// Takes one, if there is one.
    pub(crate) fn take(&self) -> Option<Place> {
        let mut waiting = self.lock();
        let after = waiting.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let next =
            waiting.places.range((after, Bound::Unbounded)).next().or(waiting.places.first()).cloned()?;
        waiting.places.remove(&next);
        waiting.last = Some(next.clone());
        Some(next)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().places.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(app_version: &str) -> Place {
        Place { app_version: app_version.parse().unwrap(), endpoint: None, name: None }
    }

    #[test]
    fn a_place_that_changes_often_waits_once_and_holds_nobody_up() {
        let changed = Changed::default();
        for app_version in ["b", "a", "c", "a"] {
            changed.tell(place(app_version));
        }
        assert_eq!(changed.len(), 3);
        let mut taken = Vec::new();
        for _ in 0..4 {
            taken.push(changed.take().unwrap());
            changed.tell(place("a"));
        }
        assert_eq!(taken, ["a", "b", "c", "a"].map(place));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_change_gets_the_next_one() {
        let changed = Changed::default();
        let (next, ()) = tokio::join!(changed.next(), async { changed.tell(place("a")) });
        assert_eq!((next, changed.len()), (place("a"), 0));
    }
}
