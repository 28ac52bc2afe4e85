//! Who gets a message.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::{Subject, SubjectFilter};

use crate::backend::Sink;
use crate::link::{Connection, Link};
use crate::mailbox::Pace;
use crate::message::Message;

/// One subscription.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) peer: u64,
    pub(super) filter: SubjectFilter,
    pub(super) queue_group: Option<ServiceInstance>,
    pub(super) sink: Sink,
}

/// The subscriptions of all connections.
#[derive(Debug, Default)]
pub(super) struct Router {
    pub(super) stopped: bool,
    pub(super) peers: BTreeMap<u64, Arc<Link>>,
    last_id: u64,
    /// By age: the order of delivery, and the order of turns in a queue group.
    routes: BTreeMap<u64, Route>,
    /// How many messages each queue group has had.
    turns: HashMap<ServiceInstance, usize>,
}

impl Router {
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn add_peer(&mut self, link: Arc<Link>) -> u64 {
        let id = self.next_id();
        self.peers.insert(id, link);
        id
    }

    pub(super) fn add(&mut self, route: Route) -> u64 {
        let id = self.next_id();
        self.routes.insert(id, route);
        id
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
        let ids: Vec<u64> =
            self.routes.iter().filter(|(_, route)| route.peer == peer).map(|(id, _)| *id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Delivers to every plain subscription and to one member of every queue group. When that is
    /// nobody, the sender's own subscription to the reply address is told.
    pub(super) fn publish(
        &mut self,
        peer: u64,
        subject: Subject,
        reply_to: Option<Subject>,
        payload: Bytes,
    ) -> Pace {
        let matching = self.routes.values().filter(|route| route.filter.matches(&subject));
        let mut groups: Vec<(&ServiceInstance, Vec<&Route>)> = Vec::new();
        let mut receivers: Vec<&Route> = Vec::new();
        for route in matching {
            let Some(group) = &route.queue_group else {
                receivers.push(route);
                continue;
            };
            // A group is known by its name alone, whatever filters its members have.
            match groups.iter_mut().find(|(name, _)| *name == group) {
                Some((_, members)) => members.push(route),
                None => groups.push((group, vec![route])),
            }
        }
        for (group, members) in groups {
            let turn = self.turns.entry(group.clone()).or_default();
            receivers.extend(members.get(*turn % members.len().max(1)));
            *turn = turn.wrapping_add(1);
        }
        if receivers.is_empty() {
            return reply_to.map_or(Pace::Fine, |reply_to| self.tell_no_responders(peer, reply_to));
        }
        let message = Message {
            subject: subject.into_bytes(),
            reply_to: reply_to.map(Subject::into_bytes),
            payload,
            no_responders: false,
        };
        let behind =
            receivers.into_iter().filter(|route| route.sink.deliver(message.clone()) == Pace::Behind);
        // Counted, not `any`: everybody gets the message.
        if behind.count() > 0 { Pace::Behind } else { Pace::Fine }
    }

    /// nats-server tells the connection that published, on its first subscription without a queue
    /// group, and nobody else.
    fn tell_no_responders(&self, peer: u64, reply_to: Subject) -> Pace {
        let asker = self.routes.values().find(|route| {
            route.peer == peer && route.queue_group.is_none() && route.filter.matches(&reply_to)
        });
        let Some(asker) = asker else { return Pace::Fine };
        asker.sink.deliver(Message {
            subject: reply_to.into_bytes(),
            reply_to: None,
            payload: Bytes::new(),
            no_responders: true,
        })
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
