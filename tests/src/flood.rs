//! A publisher that does not stop until it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kaa_bus::{Bus, NatsOptions, Subject};
use tokio::task::JoinHandle;

use crate::patience::PATIENCE;

/// Messages to one subject, as fast as the connection takes them.
#[derive(Debug)]
pub struct Flood {
    stop: Arc<AtomicBool>,
    task: JoinHandle<u64>,
}

impl Flood {
    /// Starts to publish on a connection of its own.
    ///
    /// # Panics
    ///
    /// When there is no server at `url`.
    pub async fn start(url: &str, subject: Subject) -> Self {
        let bus = Bus::nats(NatsOptions::new(url).expect("a URL")).await.expect("a server");
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn({
            let stop = Arc::clone(&stop);
            async move {
                let mut published = 0;
                while !stop.load(Ordering::Relaxed) {
                    bus.publish(subject.clone(), None, "0123456789".into()).await.expect("a connection");
                    published += 1;
                    // Leaves the two cores to those who are measured, now and then.
                    if published % 64 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                bus.fence(PATIENCE).await.expect("a connection");
                published
            }
        });
        Self { stop, task }
    }

    /// Ends it; all messages have reached the server. Returns how many there were.
    ///
    /// # Panics
    ///
    /// When publishing failed.
    pub async fn finish(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("a flood that did not fail")
    }
}
