//! Who gets a message.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaa_protocol::subject::{Subject, SubjectFilter};

use super::faults::{Network, Order};
use crate::backend::Sink;
use crate::link::{Connection, Link};
use crate::mailbox::Pace;
use crate::message::{Message, NoResponders, Outgoing};
use crate::raw_subject::RawSubject;

/// The name of a queue group, which may be any: only Kaa calls its groups after services.
pub(super) type QueueGroup = Arc<str>;

/// One subscription.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) peer: u64,
    pub(super) filter: SubjectFilter,
    pub(super) queue_group: Option<QueueGroup>,
    pub(super) sink: Sink,
    /// Whether messages are routed to it.
    pub(super) is_known: bool,
    /// Whether it was given up, and only waits for what was routed before.
    pub(super) is_leaving: bool,
    /// Whether it gets messages and is nobody.
    pub(super) is_observer: bool,
}

impl Route {
    pub(super) const fn new(
        peer: u64,
        filter: SubjectFilter,
        queue_group: Option<QueueGroup>,
        sink: Sink,
    ) -> Self {
        Self { peer, filter, queue_group, sink, is_known: false, is_leaving: false, is_observer: false }
    }
}

/// The subscriptions of all connections.
#[derive(Debug, Default)]
pub(super) struct Router {
    pub(super) stopped: bool,
    pub(super) peers: BTreeMap<u64, Arc<Link>>,
    last_id: u64,
    /// By age: the order of delivery, and the order of turns in a queue group.
    pub(super) routes: BTreeMap<u64, Route>,
    /// How many messages each queue group has had.
    turns: HashMap<QueueGroup, usize>,
    #[cfg(feature = "kv")]
    pub(super) buckets: BTreeMap<String, super::Bucket>,
    /// What goes wrong; `None` when nothing does, and everything happens at once.
    pub(super) network: Option<Box<Network>>,
}

impl Router {
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn add_peer(&mut self, link: Arc<Link>) -> u64 {
        let id = self.next_id();
        self.peers.insert(id, link);
        if let Some(network) = &mut self.network {
            network.add(id);
        }
        id
    }

    pub(super) fn add(&mut self, mut route: Route) -> u64 {
        let id = self.next_id();
        if let Some(network) = &mut self.network {
            network.send(route.peer, Order::Subscribe(id));
        } else {
            route.is_known = true;
        }
        self.routes.insert(id, route);
        id
    }

    /// Routes nothing more to a subscription, and ends it after what it already has.
    pub(super) fn leave(&mut self, id: u64) -> Option<Route> {
        let Some(network) = &mut self.network else { return self.remove(id) };
        let peer = self.routes.get(&id)?.peer;
        network.send(peer, Order::Leave(id));
        None
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Route> {
        let route = self.routes.remove(&id)?;
        if let Some(group) = &route.queue_group {
            let is_last = self.routes.values().all(|other| other.queue_group.as_ref() != Some(group));
            if is_last {
                self.turns.remove(group);
            }
        }
        Some(route)
    }

    /// Takes out a connection with all its subscriptions.
    pub(super) fn remove_peer(&mut self, peer: u64) -> Vec<Route> {
        self.peers.remove(&peer);
        if let Some(network) = &mut self.network {
            network.remove(peer);
        }
        let ids: Vec<u64> =
            self.routes.iter().filter(|(_, route)| route.peer == peer).map(|(id, _)| *id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Delivers to every plain subscription and to one member of every queue group. When that is
    /// nobody, the sender's own subscription to the reply address is told.
    pub(super) fn publish(&mut self, peer: u64, message: Outgoing) -> Pace {
        let Self { routes, turns, .. } = self;
        let Outgoing { subject, reply_to, payload, trace } = message;
        let receivers = receivers(routes, &subject, |group, _| {
            let turn = turns.entry(group.clone()).or_default();
            let now = *turn;
            *turn = turn.wrapping_add(1);
            now
        });
        let is_nobody = receivers.iter().all(|(_, route)| route.is_observer);
        let asked =
            reply_to.as_ref().filter(|_| is_nobody).map(|reply_to| (subject.clone(), reply_to.clone()));
        let message = Message {
            subject: subject.into(),
            reply_to: reply_to.map(RawSubject::from),
            payload,
            no_responders: None,
            trace,
        };
        let behind =
            receivers.into_iter().filter(|(_, route)| route.sink.deliver(message.clone()) == Pace::Behind);
        // Counted, not `any`: everybody gets the message.
        let pace = if behind.count() > 0 { Pace::Behind } else { Pace::Fine };
        let Some((unserved, reply_to)) = asked else { return pace };
        self.tell_no_responders(peer, unserved, reply_to)
    }

    fn tell_no_responders(&self, peer: u64, unserved: Subject, reply_to: Subject) -> Pace {
        let told = notice(&self.routes, peer, unserved, reply_to);
        let asker = told.and_then(|(asker, notice)| Some((self.routes.get(&asker)?, notice)));
        asker.map_or(Pace::Fine, |(asker, notice)| asker.sink.deliver(notice))
    }

    /// Tells all connections that the server went away or came back.
    pub(super) fn enter(&mut self, connection: Connection) {
        self.stopped = connection != Connection::Connected;
        for link in self.peers.values() {
            let before = link.enter(connection);
            if before == Connection::Disconnected && connection == Connection::Connected {
                link.counters.reconnects.increment();
            }
        }
    }
}

/// Every plain subscription, and one member of every queue group: `pick` says which of so many, counted
/// around.
pub(super) fn receivers<'r>(
    routes: &'r BTreeMap<u64, Route>,
    subject: &Subject,
    mut pick: impl FnMut(&QueueGroup, usize) -> usize,
) -> Vec<(u64, &'r Route)> {
    let mut groups: Vec<(&QueueGroup, Vec<(u64, &Route)>)> = Vec::new();
    let mut receivers = Vec::new();
    for (id, route) in routes.iter().filter(|(_, route)| route.is_known && route.filter.matches(subject)) {
        let Some(group) = &route.queue_group else {
            receivers.push((*id, route));
            continue;
        };
        // A group is known by its name alone, whatever filters its members have.
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, members)) => members.push((*id, route)),
            None => groups.push((group, vec![(*id, route)])),
        }
    }
    for (group, members) in groups {
        let picked = pick(group, members.len()) % members.len().max(1);
        receivers.extend(members.get(picked).copied());
    }
    receivers
}

/// Whom a sender's message that found nobody is told to, and how: nats-server tells the connection that
/// published, on its first subscription without a queue group, and nobody else.
pub(super) fn notice(
    routes: &BTreeMap<u64, Route>,
    peer: u64,
    unserved: Subject,
    reply_to: Subject,
) -> Option<(u64, Message)> {
    let (asker, _) = routes.iter().find(|(_, route)| {
        route.is_known && route.peer == peer && route.queue_group.is_none() && route.filter.matches(&reply_to)
    })?;
    let notice = Message {
        subject: reply_to.into(),
        reply_to: None,
        payload: Bytes::new(),
        no_responders: Some(Box::new(NoResponders { subject: Some(unserved.into_bytes()) })),
        trace: None,
    };
    Some((*asker, notice))
}

/// Nothing in the router can panic half-way through a change, so a poisoned lock is still a good one.
pub(super) fn lock(router: &Mutex<Router>) -> MutexGuard<'_, Router> {
    router.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Mailbox, Overflow, SubscriptionLimit};

    /// A router, one connection and the mailboxes of its subscriptions.
    struct Bench {
        router: Router,
        link: Arc<Link>,
        peer: u64,
    }

    impl Bench {
        fn new() -> Self {
            let (mut router, link) = (Router::default(), Arc::new(Link::new(Connection::Connected)));
            let peer = router.add_peer(Arc::clone(&link));
            Self { router, link, peer }
        }

        fn subscribe(&mut self, filter: &str, group: Option<&str>) -> (u64, Arc<Mailbox>) {
            let filter: SubjectFilter = filter.parse().unwrap();
            let limit = SubscriptionLimit::default();
            let mailbox =
                Arc::new(Mailbox::new(filter.clone(), limit, Overflow::default(), Arc::clone(&self.link)));
            let queue_group = group.map(Arc::from);
            let sink = Sink::Mailbox(Arc::clone(&mailbox));
            (self.router.add(Route::new(self.peer, filter, queue_group, sink)), mailbox)
        }

        fn publish(&mut self, subject: &str, reply_to: Option<&str>) {
            let reply_to = reply_to.map(|reply_to| reply_to.parse().unwrap());
            let subject = subject.parse().unwrap();
            self.router
                .publish(self.peer, Outgoing { subject, reply_to, payload: Bytes::new(), trace: None });
        }
    }

    #[test]
    fn members_of_a_group_take_turns_in_the_order_they_came() {
        let mut bench = Bench::new();
        let members: Vec<_> = (0..3).map(|_| bench.subscribe("a", Some("group")).1).collect();
        for (publishes, expected) in [(1, [1, 0, 0]), (1, [1, 1, 0]), (1, [1, 1, 1]), (4, [3, 2, 2])] {
            for _ in 0..publishes {
                bench.publish("a", None);
            }
            let waiting: Vec<usize> = members.iter().map(|member| member.waiting()).collect();
            assert_eq!(waiting, expected);
        }
    }

    #[test]
    fn turns_go_on_when_a_member_leaves_and_are_forgotten_with_the_last() {
        let mut bench = Bench::new();
        let (first, _) = bench.subscribe("a", Some("group"));
        let (second, staying) = bench.subscribe("a", Some("group"));
        bench.publish("a", None);
        bench.router.remove(first);
        for _ in 0..5 {
            bench.publish("a", None);
        }
        assert_eq!(staying.waiting(), 5);
        bench.router.remove(second);
        assert!(bench.router.turns.is_empty() && bench.router.routes.is_empty());
    }

    #[test]
    fn the_notice_goes_to_the_first_plain_subscription_of_the_publisher_only() {
        let mut bench = Bench::new();
        let (_, grouped) = bench.subscribe("reply", Some("group"));
        let (_, first) = bench.subscribe("reply", None);
        let (_, second) = bench.subscribe("*", None);
        bench.publish("nobody.here", Some("reply"));
        assert_eq!([grouped.waiting(), first.waiting(), second.waiting()], [0, 1, 0]);
    }

    #[test]
    fn a_connection_that_ends_takes_its_subscriptions_along() {
        let mut bench = Bench::new();
        bench.subscribe("a", None);
        bench.subscribe("a", Some("group"));
        let routes = bench.router.remove_peer(bench.peer);
        assert_eq!(routes.len(), 2);
        assert!(
            bench.router.routes.is_empty() && bench.router.turns.is_empty() && bench.router.peers.is_empty()
        );
    }

    #[test]
    fn only_a_return_counts_as_a_reconnect() {
        let mut bench = Bench::new();
        bench.router.enter(Connection::Connected);
        assert_eq!(bench.link.counters.snapshot().reconnects, 0);
        bench.router.enter(Connection::Disconnected);
        bench.router.enter(Connection::Disconnected);
        bench.router.enter(Connection::Connected);
        assert_eq!(bench.link.counters.snapshot().reconnects, 1);
    }
}
