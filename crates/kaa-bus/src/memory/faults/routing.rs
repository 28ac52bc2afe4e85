//! What the server does with what comes out of a pipe.

use std::sync::{Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};

use super::Faults;
use super::network::{Network, Order, Parcel, Step, Way};
use super::trace::What;
use crate::link::Connection;
use crate::memory::router::{Route, Router, lock, notice, receivers};
use crate::message::{Message, Outgoing};
use crate::raw_subject::RawSubject;

/// Carries messages until the server is gone.
pub(super) async fn carry(router: Weak<Mutex<Router>>) {
    loop {
        let Some(router) = router.upgrade() else { return };
        let (next, wake) = {
            let mut router = lock(&router);
            let next = router.carry(Instant::now());
            let Some(network) = &router.network else { return };
            (next, network.wake.clone())
        };
        drop(router);
        match next {
            None => wake.notified().await,
            Some(at) => tokio::select! {
                biased;
                () = wake.notified() => {}
                () = sleep_until(at) => {}
            },
        }
    }
}

impl Router {
    /// Everything that happens up to now; returns when the next thing does.
    fn carry(&mut self, now: Instant) -> Option<Instant> {
        while let Some((peer, step)) = self.network.as_mut().and_then(|network| network.due(now)) {
            match step {
                Step::Arrives(parcel) => self.arrive(peer, parcel),
                Step::Flows(way) => self.flow(peer, way),
                Step::ComesBack => self.come_back(peer),
            }
        }
        self.network.as_ref().and_then(|network| network.next())
    }

    fn arrive(&mut self, peer: u64, parcel: Parcel) {
        let Some(network) = &mut self.network else { return };
        match parcel {
            Parcel::Out(Order::Publish(message)) => self.pass_on(peer, message),
            Parcel::Out(Order::Subscribe(id)) => {
                if let Some(route) = self.routes.get_mut(&id) {
                    route.is_known = true;
                    network.trace.add(What::Subscribed, peer, route.filter.to_string(), &[]);
                }
            }
            Parcel::Out(Order::Leave(id)) => {
                if let Some(route) = self.routes.get_mut(&id) {
                    (route.is_known, route.is_leaving) = (false, true);
                    network.trace.add(What::Left, peer, route.filter.to_string(), &[]);
                    network.put(peer, Parcel::In(id, None), None);
                }
            }
            Parcel::In(id, Some(message)) => {
                let Some(route) = self.routes.get(&id) else { return };
                network.trace.add(What::Delivered, peer, message.subject.clone(), &message.payload);
                route.sink.deliver(message);
            }
            Parcel::In(id, None) => {
                if let Some(route) = self.remove(id) {
                    route.sink.end();
                }
            }
        }
    }

    /// Finds out who gets a message, and what happens to it on its way there.
    fn pass_on(&mut self, peer: u64, message: Outgoing) {
        let Self { routes, network, .. } = self;
        let Some(network) = network else { return };
        let Outgoing { subject, reply_to, payload, trace } = message;
        network.trace.add(What::Sent, peer, subject.clone(), &payload);
        let dice = &mut network.dice;
        let mut found = receivers(routes, &subject, |_, members| {
            usize::try_from(dice.below(u64::try_from(members).unwrap_or_default())).unwrap_or_default()
        });
        let is_own = |route: &Route| route.peer == peer;
        if reply_to.is_some()
            && found.iter().all(|(_, route)| !is_own(route))
            && !found.is_empty()
            && network.dice.happens(network.faults.unserved)
        {
            network.trace.add(What::Unserved, peer, subject.clone(), &[]);
            found.clear();
        }
        if found.is_empty() {
            network.trace.add(What::NobodyListens, peer, subject.clone(), &[]);
            let told = reply_to.and_then(|reply_to| notice(routes, peer, subject, reply_to));
            if let Some((asker, notice)) = told {
                network.trace.add(What::Told, peer, notice.subject.clone(), &[]);
                network.put(peer, Parcel::In(asker, Some(notice)), None);
            }
        } else {
            let reply_to = reply_to.map(RawSubject::from);
            let message = Message { subject: subject.into(), reply_to, payload, no_responders: None, trace };
            let found: Vec<_> = found.into_iter().map(|(id, route)| (id, route.peer)).collect();
            for (id, receiver) in found {
                if receiver == peer {
                    network.put(peer, Parcel::In(id, Some(message.clone())), None);
                } else {
                    network.deliver(receiver, id, message.clone());
                }
                if network.is_clogged(receiver) {
                    self.cut(receiver);
                    return;
                }
            }
        }
        self.trouble(peer);
    }

    /// What may happen to a connection that is in use.
    fn trouble(&mut self, peer: u64) {
        let Some(network) = &mut self.network else { return };
        if network.dice.happens(network.faults.disconnect) {
            return self.cut(peer);
        }
        if network.dice.happens(network.faults.stall) {
            let ways = network.dice.below(3);
            if ways != 1 {
                network.stall(peer, Way::Out);
            }
            if ways != 0 {
                network.stall(peer, Way::In);
            }
        }
    }

    /// A connection is lost: its subscriptions hear nothing until it is back.
    pub(super) fn cut(&mut self, peer: u64) {
        if !self.network.as_mut().is_some_and(|network| network.cut(peer)) {
            return;
        }
        let mut gone = Vec::new();
        for (id, route) in self.routes.iter_mut().filter(|(_, route)| route.peer == peer) {
            route.is_known = false;
            // What nobody wants any more is not subscribed to again.
            if route.is_leaving {
                gone.push(*id);
            }
        }
        for route in gone.into_iter().filter_map(|id| self.remove(id)) {
            route.sink.end();
        }
        if let Some(link) = self.peers.get(&peer) {
            link.enter(Connection::Disconnected);
        }
    }

    fn come_back(&mut self, peer: u64) {
        let Self { network: Some(network), peers, routes, .. } = self else { return };
        let Some(link) = peers.get(&peer) else { return };
        network.come_back(peer);
        for route in routes.values_mut().filter(|route| route.peer == peer) {
            route.is_known = !crate::planted!("no subscription after a reconnect");
        }
        if link.enter(Connection::Connected) == Connection::Disconnected {
            link.counters.reconnects.increment();
        }
    }

    fn flow(&mut self, peer: u64, way: Way) {
        let held = self.network.as_mut().map(|network| network.flow(peer, way)).unwrap_or_default();
        for parcel in held {
            self.arrive(peer, parcel);
        }
    }

    /// From now on, nothing goes wrong, and what did is mended.
    pub(super) fn calm(&mut self) {
        let Some(network) = &mut self.network else { return };
        let (away, stalled) = network.calm();
        for peer in away {
            self.come_back(peer);
        }
        for (peer, way) in stalled {
            self.flow(peer, way);
        }
    }
}

impl Network {
    /// Sends a message to a subscription of another connection.
    fn deliver(&mut self, receiver: u64, route: u64, mut message: Message) {
        let Faults { drop, duplicate, reorder, corrupt, .. } = self.faults;
        let subject = || message.subject.clone();
        if self.dice.happens(drop) {
            return self.trace.add(What::Dropped, receiver, subject(), &message.payload);
        }
        if self.dice.happens(corrupt) && !message.payload.is_empty() {
            message.payload = self.corrupted(&message.payload);
            self.trace.add(What::Corrupted, receiver, subject(), &message.payload);
        }
        if self.dice.happens(duplicate) {
            self.trace.add(What::Duplicated, receiver, subject(), &message.payload);
            self.put(receiver, Parcel::In(route, Some(message.clone())), None);
        }
        let overtaken = self.dice.happens(reorder).then(|| {
            self.trace.add(What::Reordered, receiver, subject(), &message.payload);
            self.up_to(self.faults.reorder_by).max(Duration::from_millis(1))
        });
        self.put(receiver, Parcel::In(route, Some(message)), overtaken);
    }

    /// The same with one other bit, or without its end.
    fn corrupted(&mut self, payload: &Bytes) -> Bytes {
        let at = self.dice.below(u64::try_from(payload.len()).unwrap_or_default());
        let at = usize::try_from(at).unwrap_or_default();
        if self.dice.one_in(2) {
            return payload.slice(..at);
        }
        let mut bytes = payload.to_vec();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << self.dice.below(8);
        }
        bytes.into()
    }
}
