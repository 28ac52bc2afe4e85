//! A timer for deadlines that are seldom reached.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes its task at a deadline that may move with every call. Moving it to a later time costs nothing:
/// the timer is set again when it fires too early.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Whether the deadline has passed; if not, the task is woken then.
    pub(super) fn poll_at(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(context));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_may_move_both_ways() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for deadline in [at(20), at(30), at(10)] {
            let passed = poll_fn(|context| Poll::Ready(alarm.poll_at(deadline, context))).await;
            assert!(passed.is_pending());
        }
        for seconds in [10, 30, 40] {
            poll_fn(|context| alarm.poll_at(at(seconds), context)).await;
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }
}
