//! What waits for a client: a queue that costs nothing while it is empty.
//!
//! The relay never waits for a client, and never drops what it cannot hand over in silence: a client that
//! takes too slowly has lagged, its queue ends behind what is in it, and who connects anew knows where it is.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use kaa_bus::planted;
use tokio::task::coop::poll_proceed;

use super::delivery::Delivery;

/// How much may wait for one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) deliveries: usize,
    pub(super) bytes: usize,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// It waits for the client.
    Over,
    /// It does not fit, so it was the last one.
    TooMuch,
    /// Nothing is taken any more.
    TooLate,
}

/// The relay's end of a queue. Dropping it ends the queue.
#[derive(Debug)]
pub(super) struct Outbox(Arc<Queue>);

/// The client's end of a queue. Dropping it ends the queue, with all that is in it.
#[derive(Debug)]
pub(super) struct Inlet(Arc<Queue>);

type Queue = Mutex<State>;

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Delivery>,
    bytes: usize,
    end: Option<End>,
    waker: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Over,
    Lagged,
}

pub(super) fn outbox() -> (Outbox, Inlet) {
    let queue = Arc::new(Queue::default());
    (Outbox(Arc::clone(&queue)), Inlet(queue))
}

impl Outbox {
    /// Hands a delivery over. One that is larger than all the room still fits an empty queue.
    pub(super) fn hand_over(&self, delivery: Delivery, room: Room) -> Handed {
        let size = delivery.size();
        let mut state = lock(&self.0);
        if state.end.is_some() {
            return Handed::TooLate;
        }
        let bytes = state.bytes.saturating_add(size);
        let fits = state.waiting.is_empty() || state.waiting.len() < room.deliveries && bytes <= room.bytes;
        let handed = if fits {
            if planted!("a double answer") && !state.waiting.is_empty() {
                state.waiting.push_back(delivery.clone());
            }
            state.waiting.push_back(delivery);
            state.bytes = bytes;
            Handed::Over
        } else {
            state.end = Some(End::Lagged);
            Handed::TooMuch
        };
        wake(state);
        handed
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.end.get_or_insert(End::Over);
        wake(state);
    }
}

impl Inlet {
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        // A client that always finds something still lets its neighbours run.
        let budget = ready!(poll_proceed(cx));
        let mut state = lock(&self.0);
        let taken = state.take();
        if taken.is_some() || state.end.is_some() {
            budget.made_progress();
            return Poll::Ready(taken);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    pub(super) fn try_take(&mut self) -> Option<Delivery> {
        lock(&self.0).take()
    }

    pub(super) fn has_lagged(&self) -> bool {
        lock(&self.0).end == Some(End::Lagged)
    }

    /// Takes nothing any more. How many were left.
    pub(super) fn close(&self) -> usize {
        let mut state = lock(&self.0);
        state.end.get_or_insert(End::Over);
        let left = std::mem::take(&mut state.waiting);
        drop(state);
        left.len()
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.close();
    }
}

impl State {
    fn take(&mut self) -> Option<Delivery> {
        let delivery = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(delivery.size());
        if self.waiting.is_empty() {
            // Most clients wait most of the time, and their room would add up.
            self.waiting = VecDeque::new();
        }
        Some(delivery)
    }
}

/// Lets go of the lock before it wakes the one who waits for it.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Nothing in here can panic with the lock held, so a poisoned lock is still a good one.
fn lock(queue: &Queue) -> MutexGuard<'_, State> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt;

    use super::*;
    use crate::relay::{Answer, Asked};

    /// A delivery of so many bytes.
    fn delivery(bytes: usize) -> Delivery {
        let answer = Answer { status_code: 200, reason_phrase: "".into(), payload: vec![b'x'; bytes].into() };
        Delivery::Answer { asked: Asked::default(), answer }
    }

    const ROOM: Room = Room { deliveries: 3, bytes: 100 };

    fn next(inlet: &mut Inlet) -> Option<Option<Delivery>> {
        poll_fn(|cx| inlet.poll_take(cx)).now_or_never()
    }

    /// What becomes of deliveries of these sizes.
    fn handed(sizes: &[usize]) -> (Vec<Handed>, Inlet) {
        let (outbox, inlet) = outbox();
        (sizes.iter().map(|size| outbox.hand_over(delivery(*size), ROOM)).collect(), inlet)
    }

    #[test]
    fn both_bounds_hold_at_their_edges() {
        use Handed::{Over, TooLate, TooMuch};
        assert_eq!(handed(&[1, 1, 1]).0, [Over, Over, Over]);
        assert_eq!(handed(&[1, 1, 1, 0, 0]).0, [Over, Over, Over, TooMuch, TooLate]);
        assert_eq!(handed(&[50, 49]).0, [Over, Over]);
        assert_eq!(handed(&[50, 50, 0]).0, [Over, Over, Over]);
        assert_eq!(handed(&[50, 51, 1]).0, [Over, TooMuch, TooLate]);
        assert_eq!(handed(&[1000, 1]).0, [Over, TooMuch]);
    }

    #[test]
    fn who_has_lagged_gets_what_is_in_the_queue_and_then_its_end() {
        let (_, mut inlet) = handed(&[1, 2, 3, 4, 5]);
        assert!(inlet.has_lagged());
        for size in 1..=3 {
            assert_eq!(next(&mut inlet), Some(Some(delivery(size))));
        }
        assert_eq!(next(&mut inlet), Some(None));
    }

    #[test]
    fn a_queue_whose_relay_is_gone_ends_without_a_lag() {
        let (_, mut inlet) = handed(&[1]);
        assert_eq!(next(&mut inlet), Some(Some(delivery(1))));
        assert_eq!((next(&mut inlet), inlet.has_lagged()), (Some(None), false));
    }

    #[test]
    fn what_was_taken_makes_room() {
        let (outbox, mut inlet) = outbox();
        for _ in 0..10 {
            for _ in 0..3 {
                assert_eq!(outbox.hand_over(delivery(30), ROOM), Handed::Over);
            }
            while inlet.try_take().is_some() {}
        }
        let state = lock(&inlet.0);
        assert_eq!((state.bytes, state.waiting.capacity()), (0, 0));
        drop(state);
        assert_eq!(next(&mut inlet), None);
    }

    #[test]
    fn who_goes_leaves_what_waited() {
        let (outbox, inlet) = outbox();
        outbox.hand_over(delivery(1), ROOM);
        outbox.hand_over(delivery(1), ROOM);
        assert_eq!((inlet.close(), inlet.close()), (2, 0));
        assert_eq!(outbox.hand_over(delivery(1), ROOM), Handed::TooLate);
    }

    #[test]
    fn nobody_hands_over_to_who_is_gone() {
        let (outbox, inlet) = outbox();
        drop(inlet);
        assert_eq!(outbox.hand_over(delivery(1), ROOM), Handed::TooLate);
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_a_delivery_and_by_the_end() {
        let (outbox, mut inlet) = outbox();
        let reader = tokio::spawn(async move {
            let first = poll_fn(|cx| inlet.poll_take(cx)).await;
            (first, poll_fn(|cx| inlet.poll_take(cx)).await)
        });
        tokio::task::yield_now().await;
        outbox.hand_over(delivery(1), ROOM);
        tokio::task::yield_now().await;
        drop(outbox);
        assert_eq!(reader.await.unwrap(), (Some(delivery(1)), None));
    }
}
