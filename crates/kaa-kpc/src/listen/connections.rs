//! The tasks that serve connections, and their end.

use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use super::admission::Admission;

/// The connections that a listener has accepted. When this is dropped, they end at once.
#[derive(Debug)]
pub struct Connections {
    tasks: JoinSet<()>,
    admission: Admission,
}

impl Connections {
    pub(super) fn new(admission: Admission) -> Self {
        Self { tasks: JoinSet::new(), admission }
    }

    pub(super) fn serve(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(connection);
    }

    /// Waits until one of them has ended; `None` when there is none.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn ended(&mut self) -> Option<()> {
        match self.tasks.join_next().await? {
            Err(error) if error.is_panic() => self.report(error),
            Ok(()) | Err(_) => {}
        }
        Some(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "a report is the last that is done with it")]
    fn report(&self, panic: JoinError) {
        self.admission.tally().panicked();
        tracing::error!(error = %panic, "a connection ended because of a mistake in this program");
    }

    /// Waits until all of them have ended by themselves, but no longer than `grace`; what is still open
    /// then is cut. How many that were.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, all of them end at once.
    pub async fn end(mut self, grace: Duration) -> usize {
        let all = async { while self.ended().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_ok() {
            return 0;
        }
        let cut = self.tasks.len();
        // What they hold is given back before this returns.
        self.tasks.shutdown().await;
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn connections() -> Connections {
        Connections::new(Admission::new(&Limits::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn what_ends_within_the_grace_period_is_not_cut() {
        let mut connections = connections();
        connections.serve(tokio::time::sleep(Duration::from_secs(3)));
        connections.serve(tokio::time::sleep(Duration::from_secs(9)));
        let start = tokio::time::Instant::now();
        assert_eq!(connections.end(Duration::from_secs(10)).await, 0);
        assert_eq!(start.elapsed().as_secs(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_is_cut_after_the_grace_period() {
        let mut connections = connections();
        let held = std::sync::Arc::new(());
        let kept = std::sync::Arc::clone(&held);
        connections.serve(tokio::time::sleep(Duration::from_secs(3)));
        connections.serve(async move {
            let _kept = kept;
            std::future::pending().await
        });
        assert_eq!(connections.end(Duration::from_secs(10)).await, 1);
        assert_eq!(std::sync::Arc::strong_count(&held), 1);
    }

    #[tokio::test]
    async fn a_panic_is_counted_and_the_others_go_on() {
        let mut connections = connections();
        let admission = connections.admission.clone();
        connections.serve(async { panic!("on purpose") });
        connections.serve(async {});
        assert_eq!(connections.end(Duration::from_secs(10)).await, 0);
        assert_eq!(admission.counters().panicked, 1);
    }
}
