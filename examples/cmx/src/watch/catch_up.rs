//! Asking the provider until the endpoint has the latest.

use std::time::Duration;

use kaa_ext::bus::planted;
use kaa_ext::prelude::*;
use kaa_ext::protocol::cmp::ConfigResponse;
use tokio::time::{Instant, sleep_until};

use super::{Sent, Watch};
use crate::provider::Provider;
use crate::siblings::Siblings;

/// How often a provider is asked in one go that has something else each time.
const ROUNDS: usize = 8;

/// How long the provider is left alone about this configuration once the endpoint has the latest.
const REST: Duration = Duration::from_millis(100);

impl Watch {
    /// Sends the endpoint the latest configuration unless it has it. What fails is left
    /// [behind](Self::is_behind), and so are hints that came since the provider said that it is the latest.
    pub(crate) async fn catch_up(
        &self,
        provider: &Provider,
        siblings: &Siblings,
        messaging: &Messaging,
    ) -> Result<(), Failure> {
        let rest = self.lock().rest;
        sleep_until(rest).await;
        let _turn = self.turn().await;
        for _ in 0..ROUNDS {
            let Some((hints, sent)) = self.question() else { return Ok(()) };
            let (key, id) = (self.key(), sent.config_id.unwrap_or_default());
            let known = (!sent.is_doubtful).then_some(id.as_str());
            let latest = provider.latest(messaging, &key, known).await?;
            let config_id = match &latest {
                ConfigResponse::Changed { config_id, .. } if !provider.is_older(config_id, &id) => {
                    config_id.clone()
                }
                _ => {
                    self.is_checked(if planted!("a hint too many is dismissed") {
                        self.hints()
                    } else {
                        hints
                    });
                    self.lock().rest = Instant::now() + REST;
                    return Ok(());
                }
            };
            let Some(session) = self.session() else { return Ok(()) };
            self.is_sent(config_id.clone());
            siblings.tell(self.notice()).await.map_err(Failure::internal)?;
            session.push(DeviceJson(latest)).await?;
            tracing::debug!(endpoint = %key.endpoint, config_id, "configuration pushed");
            self.lock().known.is_doubtful = false;
            siblings.tell(self.notice()).await.map_err(Failure::internal)?;
            // It may be out of date by now: only when the provider has nothing newer is this done.
        }
        Err(Failure::unavailable("the configuration changes faster than it can be pushed"))
    }

    /// The number of hints and what the endpoint was sent; `None` when every hint was answered, or it is not for
    /// this replica to answer them.
    fn question(&self) -> Option<(u64, Sent)> {
        let mut inner = self.lock();
        if inner.is_over || !inner.is_ours || inner.hints <= inner.checked {
            return None;
        }
        if let Some(corrected) = inner.corrected.take() {
            inner.known = corrected;
        }
        Some((inner.hints, inner.known.clone()))
    }

    fn session(&self) -> Option<Session> {
        let inner = self.lock();
        (inner.is_ours && !inner.is_over).then(|| inner.session.clone())
    }
}
