//! Replicas that are replaced one after the other under load.

use std::collections::VecDeque;

use crate::open_loop::{OpenLoop, Outcome, Question};
use crate::service::Service;

/// How many replicas there are between two restarts.
const REPLICAS: usize = 2;

/// Restarts two replicas in turn, so many times, while requests come by way of this server at this rate: a new one serves before the old
/// one is asked to stop (SIGTERM), and that one has ended well before the next is asked.
///
/// # Panics
///
/// When a replica does not start, or does not end with exit code 0, or nothing is answered any more.
pub async fn restarts(
    url: &str,
    question: Question,
    rate: u32,
    times: usize,
    mut begin: impl AsyncFnMut(usize) -> Service,
) -> Outcome {
    let mut running = VecDeque::new();
    for number in 0..REPLICAS {
        running.push_back(begin(number).await);
    }
    let mut load = OpenLoop::start(url, question, rate).await;
    // The server looks up who is subscribed for each message. A lookup from before the new replica came must
    // not be the one that finds the old replica gone.
    let moment = u64::from(rate / 20).max(50);
    load.goes_on(moment).await;
    for number in 0..times {
        running.push_back(begin(REPLICAS + number).await);
        load.goes_on(moment).await;
        if let Some(old) = running.pop_front() {
            old.terminate();
            assert!(old.ended().await, "restart {number}: a stopped service ends with exit code 0");
        }
        load.goes_on(moment).await;
    }
    load.finish().await
}
