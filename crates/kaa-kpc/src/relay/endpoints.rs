//! Which connection speaks for an endpoint, and what others have to be told about it (9/ELCE).
//!
//! An endpoint is where it was used last. Among the replicas of the service, the last `ConnectedEvent`
//! decides. All of them hear all of these events, in one order; so who hears of another replica with an
//! event of its own still under way knows that it is the later one.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use kaa_protocol::name::{AppVersion, EndpointId, EndpointToken};
use tokio::time::Instant;

use super::request::ResolvedEndpoint;

/// Endpoints, each with its application version.
pub(super) type Versions = BTreeMap<EndpointId, AppVersion>;

/// The most endpoints in one event, so that it fits a message.
const PER_EVENT: usize = 1000;

/// The most endpoints that came, and the most that went, and of which nobody was told yet. There are no
/// more unless the bus is away for long.
const UNTOLD: usize = 131_072;

/// How long an event of our own may take to come back. One that was lost does not come back at all.
const ECHO: Duration = Duration::from_secs(5);

/// Who speaks for an endpoint.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) connection: u64,
    pub(super) app_version: AppVersion,
    /// What the client shows for the endpoint, if anything.
    pub(super) token: Option<EndpointToken>,
    /// How many events of our own about it have not come back yet, and since when.
    under_way: u32,
    since: Instant,
}

/// Something others have to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Announcement {
    Connected(Versions),
    Disconnected(Versions),
}

impl Announcement {
    fn versions_mut(&mut self) -> &mut Versions {
        match self {
            Self::Connected(versions) | Self::Disconnected(versions) => versions,
        }
    }
}

/// What using an endpoint means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Nothing new.
    Known,
    /// It is on this connection from now on; before it was on that one, or not here.
    Arrived { from: Option<u64> },
}

/// The endpoints of a replica.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    holds: HashMap<EndpointId, Hold>,
    arrivals: Versions,
    /// Those of one connection together.
    departures: VecDeque<Versions>,
    /// How many endpoints these are.
    departed: usize,
    /// What is being told, until it is known to have arrived.
    telling: Vec<Announcement>,
    /// How many came or went that will not be told.
    forgotten: u64,
}

impl Endpoints {
    pub(super) fn holder(&self, endpoint: &str) -> Option<&Hold> {
        self.holds.get(endpoint)
    }

    /// A connection speaks for an endpoint.
    pub(super) fn use_on(
        &mut self,
        connection: u64,
        endpoint: &ResolvedEndpoint,
        token: Option<&EndpointToken>,
    ) -> Use {
        let ResolvedEndpoint { endpoint_id, app_version } = endpoint;
        let known = self.holds.get_mut(endpoint_id.as_str());
        let from = known.as_ref().map(|hold| hold.connection);
        if let Some(hold) = known {
            hold.connection = connection;
            if hold.app_version != *app_version {
                hold.app_version = app_version.clone();
            }
            if hold.token.as_ref() != token {
                hold.token = token.cloned();
            }
            if from == Some(connection) {
                return Use::Known;
            }
        } else {
            let (app_version, token) = (app_version.clone(), token.cloned());
            let hold = Hold { connection, app_version, token, under_way: 0, since: Instant::now() };
            self.holds.insert(endpoint_id.clone(), hold);
        }
        self.arrive(endpoint_id, app_version);
        Use::Arrived { from }
    }

    /// A connection is gone, which spoke for these endpoints. Whether somebody has to be told.
    pub(super) fn depart(&mut self, endpoints: impl IntoIterator<Item = EndpointId>) -> bool {
        let gone = endpoints.into_iter().filter_map(|id| {
            let hold = self.holds.remove(id.as_str())?;
            Some((id, hold.app_version))
        });
        let gone: Versions = gone.collect();
        if self.departed + gone.len() > UNTOLD {
            self.forgotten += u64::try_from(gone.len()).unwrap_or(u64::MAX);
            return false;
        }
        let is_news = !gone.is_empty();
        if is_news {
            self.departed += gone.len();
            self.departures.push_back(gone);
        }
        is_news
    }

    /// An event about an endpoint is to go out, unless one is already.
    fn arrive(&mut self, id: &EndpointId, app_version: &AppVersion) {
        if self.arrivals.len() >= UNTOLD && !self.arrivals.contains_key(id.as_str()) {
            self.forgotten += 1;
            return;
        }
        let is_news = self.arrivals.insert(id.clone(), app_version.clone()).is_none();
        if is_news && let Some(hold) = self.holds.get_mut(id.as_str()) {
            hold.under_way += 1;
            hold.since = Instant::now();
        }
    }

    /// Another replica says that it has the endpoint: the connection that had it here.
    pub(super) fn is_elsewhere(&mut self, endpoint: &str) -> Option<u64> {
        let hold = self.holds.get(endpoint);
        let is_back = hold.is_some_and(|hold| hold.under_way > 0 && hold.since.elapsed() < ECHO);
        if is_back {
            return None;
        }
        for gone in &mut self.departures {
            self.departed -= usize::from(gone.remove(endpoint).is_some());
        }
        // What is told again later would take it back.
        self.arrivals.remove(endpoint);
        for announcement in &mut self.telling {
            announcement.versions_mut().remove(endpoint);
        }
        self.holds.remove(endpoint).map(|hold| hold.connection)
    }

    /// An event of our own about an endpoint came back.
    pub(super) fn echoed(&mut self, endpoint: &str) {
        if let Some(hold) = self.holds.get_mut(endpoint) {
            hold.under_way = hold.under_way.saturating_sub(1);
        }
    }

    /// What is to be told now, at most so many events. It is kept until it is [told](Self::told).
    pub(super) fn tell(&mut self, most: usize) -> Vec<Announcement> {
        // Whoever told it before has been interrupted.
        self.untold(usize::MAX);
        self.telling = std::iter::from_fn(|| self.next_announcement()).take(most).collect();
        self.telling.clone()
    }

    /// What was being told has arrived.
    pub(super) fn told(&mut self) {
        self.telling.clear();
    }

    /// What was being told may not have arrived, though so many events were sent. It has to be told again,
    /// as far as it is still true.
    pub(super) fn untold(&mut self, sent: usize) {
        let telling = std::mem::take(&mut self.telling);
        for (index, announcement) in telling.into_iter().enumerate().rev() {
            match announcement {
                Announcement::Connected(versions) => {
                    for (id, app_version) in versions {
                        let Some(hold) = self.holds.get_mut(id.as_str()) else { continue };
                        if index >= sent {
                            // It does not come back.
                            hold.under_way = hold.under_way.saturating_sub(1);
                        }
                        self.arrive(&id, &app_version);
                    }
                }
                Announcement::Disconnected(versions) => {
                    self.departed += versions.len();
                    self.departures.push_front(versions);
                }
            }
        }
    }

    /// Who came and is gone by now is not told of as one who came: it may be at another replica, which would
    /// take it for gone.
    pub(super) fn skip_who_went(&mut self) {
        let Self { holds, arrivals, .. } = self;
        arrivals.retain(|id, _| holds.contains_key(id.as_str()));
    }

    /// How many came or went of which nobody will be told, since the last call.
    pub(super) fn take_forgotten(&mut self) -> u64 {
        std::mem::take(&mut self.forgotten)
    }

    /// Gives up what is still to be told.
    pub(super) fn forget(&mut self) {
        self.untold(usize::MAX);
        let untold = self.arrivals.len() + self.departed;
        self.forgotten += u64::try_from(untold).unwrap_or(u64::MAX);
        self.arrivals.clear();
        self.departures.clear();
        self.departed = 0;
    }

    /// What is to be told next: who came before who went. Who went and came back is not gone.
    fn next_announcement(&mut self) -> Option<Announcement> {
        if !self.arrivals.is_empty() {
            let rest = self.arrivals.keys().nth(PER_EVENT).cloned();
            let rest = rest.map(|first| self.arrivals.split_off(first.as_str())).unwrap_or_default();
            return Some(Announcement::Connected(std::mem::replace(&mut self.arrivals, rest)));
        }
        loop {
            let mut gone = self.departures.pop_front()?;
            self.departed -= gone.len();
            gone.retain(|id, _| !self.holds.contains_key(id.as_str()));
            if !gone.is_empty() {
                return Some(Announcement::Disconnected(gone));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(id: &str) -> ResolvedEndpoint {
        ResolvedEndpoint { endpoint_id: id.parse().unwrap(), app_version: AppVersion::from_static("v1") }
    }

    fn ids(announcement: Option<Announcement>) -> (&'static str, Vec<String>) {
        let (kind, versions) = match announcement.unwrap() {
            Announcement::Connected(versions) => ("connected", versions),
            Announcement::Disconnected(versions) => ("disconnected", versions),
        };
        (kind, versions.keys().map(ToString::to_string).collect())
    }

    /// Endpoints `a` and `b` on connection 1, and everybody knows.
    fn settled() -> Endpoints {
        let mut endpoints = Endpoints::default();
        for id in ["a", "b"] {
            assert_eq!(endpoints.use_on(1, &endpoint(id), None), Use::Arrived { from: None });
        }
        assert_eq!(ids(endpoints.next_announcement()), ("connected", vec!["a".into(), "b".into()]));
        endpoints.echoed("a");
        endpoints.echoed("b");
        endpoints
    }

    fn depart(endpoints: &mut Endpoints, ids: &[&str]) -> bool {
        endpoints.depart(ids.iter().map(|id| id.parse().unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_is_where_it_was_used_last() {
        let mut endpoints = settled();
        assert_eq!(endpoints.use_on(1, &endpoint("a"), None), Use::Known);
        assert_eq!(endpoints.use_on(2, &endpoint("a"), None), Use::Arrived { from: Some(1) });
        assert_eq!(endpoints.holder("a").unwrap().connection, 2);
        assert_eq!(ids(endpoints.next_announcement()), ("connected", vec!["a".into()]));
        assert_eq!(endpoints.next_announcement(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn all_endpoints_of_a_connection_leave_in_one_event() {
        let mut endpoints = settled();
        assert!(depart(&mut endpoints, &["a", "b"]));
        assert_eq!(ids(endpoints.next_announcement()), ("disconnected", vec!["a".into(), "b".into()]));
        assert!(endpoints.holds.is_empty());
        assert!(!depart(&mut endpoints, &["a", "b"]));
    }

    #[tokio::test(start_paused = true)]
    async fn who_went_and_came_back_is_not_gone() {
        let mut endpoints = settled();
        depart(&mut endpoints, &["a", "b"]);
        endpoints.use_on(2, &endpoint("a"), None);
        assert_eq!(endpoints.is_elsewhere("b"), None);
        assert_eq!(ids(endpoints.next_announcement()), ("connected", vec!["a".into()]));
        assert_eq!(endpoints.next_announcement(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_event_decides_which_replica_has_an_endpoint() {
        let mut endpoints = settled();
        assert_eq!(endpoints.is_elsewhere("a"), Some(1));
        assert_eq!(endpoints.is_elsewhere("a"), None);
        // Back here, while the event of the other replica about it is still under way.
        endpoints.use_on(2, &endpoint("a"), None);
        assert_eq!(endpoints.is_elsewhere("a"), None);
        assert_eq!(endpoints.holder("a").unwrap().connection, 2);
        // An event that was lost does not keep it here for ever.
        tokio::time::advance(ECHO).await;
        assert_eq!(endpoints.is_elsewhere("a"), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_has_no_more_endpoints_than_fit() {
        let mut endpoints = Endpoints::default();
        for number in 0..=PER_EVENT {
            endpoints.use_on(1, &endpoint(&format!("ep-{number:04}")), None);
        }
        assert_eq!(ids(endpoints.next_announcement()).1.len(), PER_EVENT);
        assert_eq!(ids(endpoints.next_announcement()), ("connected", vec!["ep-1000".into()]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_not_have_arrived_is_told_again_as_far_as_it_is_true() {
        let mut endpoints = settled();
        depart(&mut endpoints, &["b"]);
        endpoints.use_on(1, &endpoint("c"), None);
        endpoints.use_on(1, &endpoint("d"), None);
        assert_eq!(endpoints.tell(10).len(), 2);
        // Meanwhile one comes back, one goes, and one is taken over by another replica.
        endpoints.use_on(1, &endpoint("b"), None);
        depart(&mut endpoints, &["c"]);
        endpoints.echoed("d");
        endpoints.is_elsewhere("d");
        endpoints.untold(2);
        assert_eq!(ids(endpoints.next_announcement()), ("connected", vec!["b".into()]));
        assert_eq!(ids(endpoints.next_announcement()), ("disconnected", vec!["c".into()]));
        assert_eq!((endpoints.next_announcement(), endpoints.departed), (None, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_arrived_is_not_told_again() {
        let mut endpoints = settled();
        endpoints.use_on(1, &endpoint("c"), None);
        assert_eq!(endpoints.tell(10).len(), 1);
        endpoints.told();
        assert_eq!(endpoints.tell(10), []);
        // Who tells and is interrupted has told nothing.
        depart(&mut endpoints, &["a", "b"]);
        for _ in 0..3 {
            assert_eq!(endpoints.tell(10).len(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_was_not_sent_is_not_waited_for() {
        let mut endpoints = settled();
        endpoints.use_on(2, &endpoint("a"), None);
        endpoints.tell(10);
        endpoints.untold(0);
        assert_eq!(endpoints.holder("a").unwrap().under_way, 1, "the one that is still to be sent");
        endpoints.tell(10);
        endpoints.told();
        endpoints.echoed("a");
        assert_eq!(endpoints.is_elsewhere("a"), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_can_be_told_is_bounded_and_counted() {
        let mut endpoints = Endpoints::default();
        for number in 0..UNTOLD + 3 {
            let id = format!("ep-{number}");
            endpoints.use_on(1, &endpoint(&id), None);
            endpoints.use_on(1, &endpoint(&id), None);
            depart(&mut endpoints, &[&id]);
        }
        assert_eq!((endpoints.arrivals.len(), endpoints.departed), (UNTOLD, UNTOLD));
        assert_eq!((endpoints.take_forgotten(), endpoints.take_forgotten()), (6, 0));
        endpoints.forget();
        assert_eq!(endpoints.take_forgotten(), 2 * UNTOLD as u64);
        assert_eq!(endpoints.tell(10), []);
    }
}
