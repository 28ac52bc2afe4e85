//! What the replicas of this service say to each other: JSON, with the sender's name in each notice.
//!
//! | notice | what it says | what the others do |
//! |---|---|---|
//! | `alive` | I am there | tell a newcomer what they have |
//! | `observed` | this observation is mine, and this is how it stands | give theirs up if they took it before, and keep a copy |
//! | `ended` | the endpoint observes no longer | forget it, unless somebody took it later |
//! | `told` | I told an endpoint something, and its observation is not mine | check that it is the latest, if it is theirs |
//! | `goodbye` | I am about to end | share what was mine among themselves |
//!
//! Fields and notices that a replica does not know are those of a later version, and are passed over.

use std::time::Duration;

use kaa_ext::StoredSession;
use kaa_ext::prelude::*;
use kaa_ext::protocol::name::ReplicaId;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::claim::Claim;
use crate::key::Key;

/// The largest notice that is read, in bytes: the names in it have 128 at most, the configId is the provider's.
pub(crate) const MAX_LEN: usize = 8 * 1024;

/// A notice and its sender.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Signed {
    pub(crate) replica: ReplicaId,
    #[serde(flatten)]
    pub(crate) notice: Notice,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "camelCase")]
pub(crate) enum Notice {
    Alive,
    Goodbye,
    Observed(Box<Observed>),
    Ended(Ended),
    Told(Told),
    #[serde(other)]
    Unknown,
}

/// An observation of the sender: all that another replica needs to go on with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Observed {
    pub(crate) app_version: AppVersion,
    pub(crate) endpoint_id: EndpointId,
    pub(crate) config_name: Option<ConfigName>,
    /// The time of the claim.
    pub(crate) since: i64,
    pub(crate) session: StoredSession,
    /// What the endpoint was sent last.
    pub(crate) told: Option<String>,
    /// Whether it may have something else all the same.
    #[serde(default)]
    pub(crate) is_doubtful: bool,
    /// What it is sure to have.
    pub(crate) confirmed: Option<String>,
    /// How long ago the endpoint was heard of, in milliseconds.
    #[serde(default)]
    pub(crate) unheard_millis: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ended {
    pub(crate) endpoint_id: EndpointId,
    pub(crate) config_name: Option<ConfigName>,
    /// The time of the claim by which it ended.
    pub(crate) since: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    pub(crate) endpoint_id: EndpointId,
    pub(crate) config_name: Option<ConfigName>,
    pub(crate) config_id: String,
}

impl Notice {
    pub(crate) fn ended(key: &Key, claim: &Claim) -> Self {
        let Key { endpoint, name, .. } = key.clone();
        Self::Ended(Ended { endpoint_id: endpoint, config_name: name, since: claim.time })
    }

    pub(crate) fn told(key: &Key, config_id: impl Into<String>) -> Self {
        let Key { endpoint, name, .. } = key.clone();
        Self::Told(Told { endpoint_id: endpoint, config_name: name, config_id: config_id.into() })
    }

    /// The time of the claim in it.
    pub(crate) fn since(&self) -> Option<i64> {
        match self {
            Self::Observed(observed) => Some(observed.since),
            Self::Ended(ended) => Some(ended.since),
            Self::Alive | Self::Goodbye | Self::Told(_) | Self::Unknown => None,
        }
    }
}

impl Observed {
    /// When the endpoint was heard of, by this replica's clock.
    pub(crate) fn heard(&self) -> Instant {
        let now = Instant::now();
        now.checked_sub(Duration::from_millis(self.unheard_millis)).unwrap_or(now)
    }
}
