//! Where messages come in: the subscriptions of an extension, and what each of them brings.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use kaa_bus::{Bus, Delivery, Overflow, SubscribeError, Subscription};
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ism::Address;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{SubjectFilter, Target};

use crate::message::Open;
use crate::overload::Overload;

/// One subscription.
pub(super) struct Entrance {
    pub(super) subscription: Subscription,
    pub(super) brings: Brings,
    pub(super) whose: Whose,
}

/// What comes in.
#[derive(Clone)]
pub(super) enum Brings {
    /// Requests of devices.
    Requests(Dialect),
    /// Messages of other services.
    Messages(Arc<Reception>),
}

impl Brings {
    /// What becomes of it when the extension is full.
    pub(super) fn overload(&self) -> Overload {
        match self {
            Self::Requests(_) => Overload::Refuse,
            Self::Messages(reception) => reception.overload,
        }
    }
}

/// Who the messages are for: the order in which the entrances are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Any replica, or everybody.
    Shared,
    /// This replica alone, because a session is pinned to it.
    Own,
}

/// How messages of one type are received.
pub(crate) struct Reception {
    pub(crate) name: &'static str,
    pub(crate) open: Open,
    /// The number of the function that handles them.
    pub(crate) function: usize,
    /// Where its answers may go; `None` when nobody is answered.
    pub(crate) answers: Option<Address>,
    pub(crate) ignores_own: bool,
    pub(crate) overload: Overload,
    pub(crate) place: Place,
}

/// Where messages of one type come from.
pub(crate) enum Place {
    /// Events: the subscription that receives them, and which replicas do.
    Events(SubjectFilter, Delivery),
    /// Targeted requests.
    Requests(Address),
}

/// All subscriptions of an extension.
pub(super) struct Entrances {
    all: Vec<Entrance>,
    /// Whose turn it is to be asked first, so that none can keep the others waiting.
    turn: usize,
}

impl Entrances {
    /// Subscribes to everything. The own subjects come first, so that they are there when the first
    /// answer names one.
    pub(super) async fn open(
        bus: &Bus,
        instance: &ServiceInstance,
        replica: &ReplicaId,
        dialects: &[Dialect],
        receptions: &[Arc<Reception>],
    ) -> Result<Self, SubscribeError> {
        let mut entrances = Self { all: Vec::new(), turn: 0 };
        for dialect in dialects {
            let own = SubjectFilter::from(dialect.requests(instance, Some(replica)));
            entrances.add(bus.subscribe(own, None).await?, Brings::Requests(*dialect), Whose::Own);
        }
        for dialect in dialects {
            let shared = SubjectFilter::from(dialect.requests(instance, None));
            let subscription = bus.subscribe(shared, Some(instance)).await?;
            entrances.add(subscription, Brings::Requests(*dialect), Whose::Shared);
        }
        for reception in receptions {
            let brings = || Brings::Messages(reception.clone());
            match &reception.place {
                Place::Events(filter, delivery) => {
                    let group = (*delivery == Delivery::OneReplica).then_some(instance);
                    let overflow = match reception.overload {
                        Overload::Latest => Overflow::DropOldest,
                        Overload::Refuse | Overload::Wait => Overflow::DropNewest,
                    };
                    let subscription = bus.subscribe_with(filter.clone(), group, overflow).await?;
                    entrances.add(subscription, brings(), Whose::Shared);
                }
                Place::Requests(address) => {
                    let own = address.subject(&Target::Replica(replica.clone()));
                    if let Some(own) = own {
                        let subscription = bus.subscribe(SubjectFilter::from(own), None).await?;
                        entrances.add(subscription, brings(), Whose::Own);
                    }
                    if let Some(shared) = address.subject(&Target::Service(instance.clone())) {
                        let subscription = bus.subscribe(SubjectFilter::from(shared), Some(instance)).await?;
                        entrances.add(subscription, brings(), Whose::Shared);
                    }
                }
            }
        }
        Ok(entrances)
    }

    fn add(&mut self, subscription: Subscription, brings: Brings, whose: Whose) {
        self.all.push(Entrance { subscription, brings, whose });
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entrance> {
        self.all.iter_mut()
    }

    /// The next message of any open entrance, and what it is; `None` when one of them has ended. While there is no
    /// room, what would rather wait than be refused does.
    ///
    /// Cancel safe: a message is either returned or still waits.
    pub(super) async fn next(&mut self, has_room: bool) -> Option<(kaa_bus::Message, Brings)> {
        self.next_of(|entrance| has_room || !entrance.brings.overload().waits()).await
    }

    /// The same for the entrances of this replica alone. Pending forever once they have ended.
    pub(super) async fn next_own(&mut self) -> (kaa_bus::Message, Brings) {
        match self.next_of(|entrance| entrance.whose == Whose::Own).await {
            Some(next) => next,
            None => std::future::pending().await,
        }
    }

    async fn next_of(&mut self, wanted: impl Fn(&Entrance) -> bool) -> Option<(kaa_bus::Message, Brings)> {
        poll_fn(|context| {
            let count = self.all.len();
            for step in 0..count {
                let index = (self.turn + step) % count.max(1);
                let Some(entrance) = self.all.get_mut(index).filter(|entrance| wanted(entrance)) else {
                    continue;
                };
                match entrance.subscription.poll_next(context) {
                    Poll::Pending => {}
                    Poll::Ready(None) => return Poll::Ready(None),
                    Poll::Ready(Some(message)) => {
                        self.turn = index + 1;
                        return Poll::Ready(Some((message, entrance.brings.clone())));
                    }
                }
            }
            Poll::Pending
        })
        .await
    }
}
