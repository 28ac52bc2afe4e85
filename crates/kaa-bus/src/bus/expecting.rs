//! Answers that somebody waits for, so that the connection waits as well.

use std::sync::Arc;

use super::Bus;
use crate::link::Link;

/// That an answer is on its way, for as long as this lives.
#[derive(Debug)]
#[must_use = "nothing is waited for any more when this is dropped"]
pub struct Expecting {
    link: Arc<Link>,
}

impl Bus {
    /// Tells that an answer is to come to a subscription of this bus. A connection that leaves a NATS server which is
    /// about to shut down waits for it, half a second at most. [`request`](Self::request) does so by itself.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let bus = kaa_bus::Bus::memory();
    /// # let mut answers = bus.subscribe("answers".parse::<kaa_bus::SubjectFilter>()?, None).await?;
    /// bus.publish("questions".parse()?, Some("answers".parse()?), "?".into()).await?;
    /// let expecting = bus.expecting();
    /// # bus.publish("answers".parse()?, None, "!".into()).await?;
    /// let answer = answers.next().await;
    /// drop(expecting);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn expecting(&self) -> Expecting {
        let link = Arc::clone(&self.shared.link);
        link.expect();
        Expecting { link }
    }
}

impl Drop for Expecting {
    fn drop(&mut self) {
        self.link.expect_no_more();
    }
}
