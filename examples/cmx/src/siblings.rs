//! What the replicas of this service tell each other, so that they behave as one.
//!
//! | notice | what the others do |
//! |---|---|
//! | the observation is mine, or over | forget theirs, if they took it before |
//! | I told the endpoint something | check that it is the latest, if they have the observation |
//!
//! A notice is an event of the service, in JSON, at `kaa.v1.events.<cmx>.endpoint.config.observation`. It is
//! delivered at most once: when one is lost, two replicas may push the same, until the endpoint asks again.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use kaa_ext::StartError;
use kaa_ext::bus::{PublishError, SubscribeError, Subscription};
use kaa_ext::prelude::*;
use kaa_ext::protocol::name::{NameError, ReplicaId};
use kaa_ext::protocol::subject::{Subject, SubjectFilter};
use serde::{Deserialize, Serialize};

use crate::key::Key;

/// Who took an observation, and when: the greatest claim holds. Times are those of a clock that is never behind
/// a claim it has heard of (a hybrid logical clock), so who takes over wins, whatever its own clock says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Claim {
    time: i64,
    replica: String,
}

/// One notice.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notice {
    pub(crate) claim: Claim,
    pub(crate) endpoint_id: String,
    pub(crate) config_name: Option<String>,
    /// What the endpoint was told; `None` for a notice about the observation.
    pub(crate) told: Option<String>,
}

/// The other replicas of this service.
#[derive(Debug)]
pub(crate) struct Siblings {
    subject: Subject,
    replica: String,
    latest: AtomicI64,
}

impl Siblings {
    pub(crate) fn new(instance: &ServiceInstance) -> Result<Self, StartError> {
        let subject = format!("kaa.v1.events.{instance}.endpoint.config.observation").parse()?;
        Ok(Self { subject, replica: ReplicaId::random(instance).to_string(), latest: AtomicI64::new(0) })
    }

    /// A claim that is greater than all that were heard of.
    pub(crate) fn claim(&self) -> Claim {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let next = |latest: i64| now.max(latest.saturating_add(1));
        let before = self.latest.fetch_update(Relaxed, Relaxed, |latest| Some(next(latest)));
        Claim { time: next(before.unwrap_or_else(|latest| latest)), replica: self.replica.clone() }
    }

    /// Tells the others whose the observation is.
    pub(crate) async fn announce(
        &self,
        messaging: &Messaging,
        key: &Key,
        claim: Claim,
    ) -> Result<(), PublishError> {
        messaging.bus().publish(self.subject.clone(), None, notice(key, claim, None).into()).await
    }

    /// Tells the others what the endpoint was told, when what is returned is dropped.
    pub(crate) fn told(&self, messaging: &Messaging, key: &Key, config_id: &str) -> Told {
        let payload = notice(key, self.claim(), Some(config_id.to_owned()));
        Told { messaging: messaging.clone(), subject: self.subject.clone(), payload }
    }

    pub(crate) async fn listen(&self, messaging: &Messaging) -> Result<Subscription, SubscribeError> {
        messaging.bus().subscribe(SubjectFilter::from(self.subject.clone()), None).await
    }

    /// A notice of another replica.
    pub(crate) fn heard(&self, payload: &[u8]) -> Option<Notice> {
        let notice: Notice = match serde_json::from_slice(payload) {
            Ok(notice) => notice,
            Err(error) => {
                tracing::warn!(subject = %self.subject, "not a notice of another replica: {error}");
                return None;
            }
        };
        self.latest.fetch_max(notice.claim.time, Relaxed);
        (notice.claim.replica != self.replica).then_some(notice)
    }
}

fn notice(key: &Key, claim: Claim, told: Option<String>) -> Vec<u8> {
    let Key { endpoint, name, .. } = key;
    let config_name = name.as_ref().map(ToString::to_string);
    let notice = Notice { claim, endpoint_id: endpoint.to_string(), config_name, told };
    // Text and a number can always be written.
    serde_json::to_vec(&notice).unwrap_or_default()
}

impl Notice {
    pub(crate) fn about(&self) -> Result<(EndpointId, Option<ConfigName>), NameError> {
        let name = self.config_name.as_deref().map(str::parse).transpose()?;
        Ok((self.endpoint_id.parse()?, name))
    }
}

/// A notice that goes out when this is dropped: an answer that holds it has been sent.
#[derive(Debug)]
pub(crate) struct Told {
    messaging: Messaging,
    subject: Subject,
    payload: Vec<u8>,
}

impl Drop for Told {
    fn drop(&mut self) {
        let payload = std::mem::take(&mut self.payload).into();
        if let Err(error) = self.messaging.bus().try_publish(self.subject.clone(), None, payload) {
            tracing::warn!("the other replicas do not know of an answer: {error}");
        }
    }
}
