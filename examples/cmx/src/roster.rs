//! Which replicas there are, as far as this one has heard, and how they share what a lost one leaves.

use std::collections::BTreeMap;
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::protocol::name::ReplicaId;
use tokio::time::Instant;

/// The most replicas there may be. Whoever can write to the bus can invent some.
pub(crate) const MAX_REPLICAS: usize = 256;

/// The replicas, this one included.
#[derive(Debug)]
pub(crate) struct Roster {
    me: ReplicaId,
    /// When the others were heard last.
    others: BTreeMap<ReplicaId, Instant>,
    /// How long one is not heard that is there.
    patience: Duration,
}

/// What it means that a replica was heard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is there as before.
    Again,
    /// It was not there before.
    First,
    /// It cannot be one more.
    TooMany,
}

impl Roster {
    pub(crate) fn new(me: ReplicaId, patience: Duration) -> Self {
        Self { me, others: BTreeMap::new(), patience }
    }

    /// A replica was heard.
    pub(crate) fn hears(&mut self, replica: &ReplicaId) -> Heard {
        if let Some(heard) = self.others.get_mut(replica) {
            *heard = Instant::now();
            return Heard::Again;
        }
        if self.others.len() + 1 >= MAX_REPLICAS {
            return Heard::TooMany;
        }
        self.others.insert(replica.clone(), Instant::now());
        Heard::First
    }

    /// A replica has said goodbye.
    pub(crate) fn leaves(&mut self, replica: &ReplicaId) {
        self.others.remove(replica);
    }

    /// Takes those for dead who are silent; returns them.
    pub(crate) fn bury(&mut self) -> Vec<ReplicaId> {
        let patience = self.patience;
        self.others
            .extract_if(.., |_, heard| heard.elapsed() >= patience)
            .map(|(replica, _)| replica)
            .collect()
    }

    /// Takes nobody for dead who could not be heard.
    pub(crate) fn reprieve(&mut self) {
        self.others.values_mut().for_each(|heard| *heard = Instant::now());
    }

    pub(crate) fn has(&self, replica: &ReplicaId) -> bool {
        *replica == self.me || self.others.contains_key(replica)
    }

    /// Whether this replica is to take over an endpoint: of all replicas exactly one is, whoever of them is
    /// asked, and each is for about as many endpoints (rendezvous hashing, "highest random weight").
    pub(crate) fn is_heir_of(&self, endpoint: &EndpointId) -> bool {
        let weight = |replica: &ReplicaId| (weight(endpoint, replica), replica.as_str().to_owned());
        let own = weight(&self.me);
        self.others.keys().all(|other| weight(other) < own)
    }
}

/// The same on every machine and in every version: FNV-1a, and a last mix (that of SplitMix64), for names of
/// replicas that differ only at their ends.
fn weight(endpoint: &EndpointId, replica: &ReplicaId) -> u64 {
    let bytes = endpoint.as_str().bytes().chain([0]).chain(replica.as_str().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(6);

    fn replica(n: usize) -> ReplicaId {
        format!("cmx-{n}").parse().unwrap()
    }

    fn roster(me: usize, of: usize) -> Roster {
        let mut roster = Roster::new(replica(me), PATIENCE);
        (0..of).filter(|n| *n != me).for_each(|n| _ = roster.hears(&replica(n)));
        roster
    }

    #[tokio::test(start_paused = true)]
    async fn every_endpoint_has_one_heir_and_every_replica_its_share() {
        let rosters: Vec<_> = (0..4).map(|me| roster(me, 4)).collect();
        let mut shares = [0; 4];
        for n in 0..4000 {
            let endpoint = format!("ep-{n}").parse().unwrap();
            let heirs: Vec<_> = (0..4).filter(|me| rosters[*me].is_heir_of(&endpoint)).collect();
            assert_eq!(heirs.len(), 1, "{endpoint}: {heirs:?}");
            shares[heirs[0]] += 1;
        }
        assert!(shares.iter().all(|share| (850..1150).contains(share)), "{shares:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_is_dead_and_who_could_not_be_heard_is_not() {
        let mut roster = roster(0, 3);
        tokio::time::advance(PATIENCE - Duration::from_millis(1)).await;
        assert!(roster.bury().is_empty());
        assert_eq!(roster.hears(&replica(1)), Heard::Again);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(roster.bury(), [replica(2)]);
        assert!(roster.has(&replica(0)) && roster.has(&replica(1)) && !roster.has(&replica(2)));
        tokio::time::advance(PATIENCE).await;
        roster.reprieve();
        assert!(roster.bury().is_empty());
        assert_eq!(roster.hears(&replica(2)), Heard::First);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_can_invent_more_replicas_than_there_may_be() {
        let mut roster = roster(0, MAX_REPLICAS - 1);
        assert_eq!(roster.hears(&replica(MAX_REPLICAS - 1)), Heard::First);
        assert_eq!(roster.hears(&replica(MAX_REPLICAS)), Heard::TooMany);
        assert_eq!(roster.hears(&replica(1)), Heard::Again);
        roster.leaves(&replica(1));
        assert_eq!(roster.hears(&replica(MAX_REPLICAS)), Heard::First);
    }
}
