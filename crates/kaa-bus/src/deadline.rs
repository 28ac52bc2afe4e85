//! Waiting, but not for ever.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// The future's output; `None` when it takes longer than `deadline`.
///
/// The future is polled once before a timer is made. A timer costs more than publishing a message,
/// and almost everything here is ready at once. The caller pins it, because a future handed over by
/// value is stored twice.
pub(crate) async fn within<F: Future>(deadline: Duration, mut future: Pin<&mut F>) -> Option<F::Output> {
    let first = std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    });
    match first.await {
        Some(output) => Some(output),
        None => tokio::time::timeout(deadline, future).await.ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn what_is_ready_needs_no_timer() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(within(Duration::ZERO, pin!(async { 1 }))), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_given_up() {
        assert_eq!(within(Duration::from_secs(1), pin!(std::future::pending::<()>())).await, None);
    }
}
