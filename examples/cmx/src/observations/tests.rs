//! Copies of what other replicas have take up room like any other, and are forgotten.

use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_ext::prelude::*;
use kaa_ext::{Server, StoredSession};
use tokio::time::advance;

use super::*;

const TTL: Duration = Duration::from_secs(100);

struct Table {
    observations: Observations,
    server: Server,
}

impl Table {
    async fn for_endpoints(max: usize) -> Self {
        let server = Extension::new("cmx").build().unwrap().serve(Bus::memory()).start().await.unwrap();
        let max_endpoints = NonZeroUsize::new(max).unwrap();
        let settings = Settings { max_endpoints, endpoint_ttl: TTL, ..Settings::default() };
        Self { observations: Observations::new(&settings), server }
    }

    fn session(&self, endpoint: &str) -> Session {
        let (app_version, path) = ("v1".parse().unwrap(), "/config/json".parse().unwrap());
        self.server.sessions().of_endpoint(&app_version, &endpoint.parse().unwrap(), &path)
    }

    fn begin(&self, endpoint: &str, time: i64) -> Arc<Watch> {
        let key = Key { app_version: "v1".parse().unwrap(), endpoint: endpoint.parse().unwrap(), name: None };
        self.observations.begin(&key, &self.session(endpoint), claim(time, "me")).unwrap()
    }

    fn follow(&self, endpoint: &str, name: Option<&str>, time: i64, unheard: Duration) -> Verdict {
        let session = self.session(endpoint);
        let stored: StoredSession = session.store();
        let observed = Observed {
            app_version: "v1".parse().unwrap(),
            endpoint_id: endpoint.parse().unwrap(),
            config_name: name.map(|name| name.parse().unwrap()),
            since: time,
            session: stored,
            told: Some("1".to_owned()),
            is_doubtful: false,
            confirmed: None,
            unheard_millis: u64::try_from(unheard.as_millis()).unwrap(),
        };
        self.observations.follow(&claim(time, "sibling"), session, observed)
    }

    fn names_of(&self, endpoint: &str) -> usize {
        self.observations.lock().endpoints.peek(&endpoint.parse::<EndpointId>().unwrap()).map_or(0, Vec::len)
    }

    fn len(&self) -> usize {
        self.observations.lock().endpoints.len()
    }
}

fn claim(time: i64, replica: &str) -> Claim {
    Claim { time, replica: replica.parse().unwrap() }
}

const NOW: Duration = Duration::ZERO;

#[tokio::test(start_paused = true)]
async fn copies_take_up_room_like_any_other() {
    let table = Table::for_endpoints(3).await;
    table.begin("ep-1", 1);
    for n in 2..=3 {
        assert!(matches!(table.follow(&format!("ep-{n}"), None, 1, NOW), Verdict::Theirs));
    }
    assert_eq!((table.len(), table.observations.ours().len()), (3, 1));
    table.follow("ep-4", None, 1, NOW);
    assert_eq!((table.len(), table.observations.ours().len()), (3, 0));
    for n in 0..1000 {
        table.follow(&format!("flood-{n}"), None, 1, NOW);
    }
    assert_eq!(table.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn nobody_can_make_an_endpoint_observe_more_than_it_may() {
    let table = Table::for_endpoints(3).await;
    for n in 0..PER_ENDPOINT {
        assert!(matches!(table.follow("ep-1", Some(&format!("n{n}")), 1, NOW), Verdict::Theirs));
    }
    assert!(matches!(table.follow("ep-1", None, 1, NOW), Verdict::Nobodys));
    assert_eq!(table.names_of("ep-1"), PER_ENDPOINT);
}

#[tokio::test(start_paused = true)]
async fn the_greater_claim_holds_and_the_lesser_hears_of_it() {
    let table = Table::for_endpoints(3).await;
    let watch = table.begin("ep-1", 5);
    assert!(matches!(table.follow("ep-1", None, 4, NOW), Verdict::Ours(_)));
    assert!(watch.is_ours());
    // Of two claims of one time, the names decide: `sibling` comes after `me`.
    assert!(matches!(table.follow("ep-1", None, 5, NOW), Verdict::Theirs));
    assert!(!watch.is_ours());
    table.begin("ep-1", 6);
    assert!(watch.is_ours());
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_as_old_as_the_endpoint_was_when_it_came() {
    let table = Table::for_endpoints(3).await;
    let second = Duration::from_secs(1);
    table.follow("ep-1", None, 1, TTL - second);
    assert!(matches!(table.follow("ep-2", None, 1, TTL), Verdict::Nobodys));
    assert_eq!(table.len(), 1);
    advance(second).await;
    table.observations.expire();
    assert_eq!(table.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_its_replica_does_not_speak_of_any_more_is_forgotten() {
    let table = Table::for_endpoints(3).await;
    table.begin("ep-1", 1);
    table.follow("ep-2", None, 1, NOW);
    let copy = table.observations.orphans(|_| false).pop().unwrap();
    table.follow("ep-3", None, 1, NOW);
    advance(TTL / 2).await;
    table.follow("ep-3", None, 1, NOW);
    advance(TTL / 2).await;
    table.observations.forget_unmentioned(TTL);
    assert_eq!((table.names_of("ep-1"), table.names_of("ep-2"), table.names_of("ep-3")), (1, 0, 1));
    assert!(copy.holder().is_none());
}
