//! Futures that are dropped half-way.

use futures_util::FutureExt;

/// Numbers that are the same in every run.
pub(crate) struct Steps(pub(crate) u64);

impl Steps {
    pub(crate) fn next_below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Lets a future run for a while, and drops it. Says whether it was done before.
pub(crate) async fn drop_after<F: Future>(steps: u64, future: F) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..steps {
        if future.as_mut().now_or_never().is_some() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}
