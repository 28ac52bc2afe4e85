//! Listeners and services on their way into an extension, and everything that is wrong with them.

use std::fmt;
use std::sync::Arc;

use kaa_bus::Delivery;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ism::Address;
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::EventKind;

use crate::listener::ListenerDef;
use crate::overload::Overload;
use crate::request::Request;
use crate::resource::{HandlerFuture, Location};
use crate::router::Handler;
use crate::serve::{Place, Reception};
use crate::service::ServiceDef;

/// What was received so far, and by whom.
#[derive(Default)]
pub(super) struct Receptions {
    receptions: Vec<Arc<Reception>>,
    /// The functions of the receptions, in their order.
    functions: Vec<Handler>,
    /// Events that one replica gets, by kind and originator.
    shared: Vec<(EventKind, Option<ServiceInstance>, Origin)>,
    requests: Vec<(Address, Origin)>,
    conflicts: Vec<String>,
}

/// The receptions, and the functions they name by number.
pub(super) type Complete = (Vec<Arc<Reception>>, Vec<Handler>);

/// Which function it is, and where.
#[derive(Clone, Copy)]
struct Origin {
    kind: &'static str,
    name: &'static str,
    location: Location,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, location } = self;
        write!(f, "{kind} `{name}` ({location})")
    }
}

impl Receptions {
    pub(super) fn listener<S: Send + Sync + 'static>(
        &mut self,
        listener: &ListenerDef<S>,
        originator: Option<&ServiceInstance>,
        state: &Arc<S>,
    ) {
        let ListenerDef { event, delivery, ignores_own, overload, name, location, .. } = listener;
        let origin = Origin { kind: "listener", name, location: *location };
        if *delivery == Delivery::OneReplica {
            // Members of a queue group share what they hear, also within one replica.
            let other = self.shared.iter().find(|(kind, from, _)| {
                *kind == event.kind && (from.is_none() || originator.is_none() || from.as_ref() == originator)
            });
            if let Some((.., other)) = other {
                self.conflicts.push(format!(
                    "{origin} and {other} would share the events {}, each getting some of them; \
                     make one function of the two, or give one of them `delivery = every_replica`",
                    event.name
                ));
            }
            self.shared.push((event.kind.clone(), originator.cloned(), origin));
        }
        let function = self.function(listener.call, state);
        let answers = listener.receipts().cloned();
        let suitable = if answers.is_some() { Overload::Refuse } else { Overload::Wait };
        self.receptions.push(Arc::new(Reception {
            name: event.name,
            open: event.open,
            function,
            answers,
            ignores_own: *ignores_own,
            overload: overload.unwrap_or(suitable),
            place: Place::Events(event.kind.filter(originator), *delivery),
        }));
    }

    pub(super) fn service<S: Send + Sync + 'static>(&mut self, service: &ServiceDef<S>, state: &Arc<S>) {
        let ServiceDef { request, name, location, .. } = service;
        let origin = Origin { kind: "service", name, location: *location };
        if let Some((_, other)) = self.requests.iter().find(|(address, _)| *address == request.address) {
            self.conflicts.push(format!(
                "{origin} and {other} would share the requests of one subject; keep one of them"
            ));
        }
        self.requests.push((request.address.clone(), origin));
        let function = self.function(service.call, state);
        self.receptions.push(Arc::new(Reception {
            name: request.name,
            open: request.open,
            function,
            answers: Some(request.address.clone()),
            ignores_own: false,
            overload: Overload::Refuse,
            place: Place::Requests(request.address.clone()),
        }));
    }

    /// Binds a function to the state; returns its number.
    fn function<S: Send + Sync + 'static>(
        &mut self,
        call: fn(Request, Arc<S>) -> HandlerFuture,
        state: &Arc<S>,
    ) -> usize {
        let state = state.clone();
        self.functions.push(Arc::new(move |request| call(request, state.clone())));
        self.functions.len() - 1
    }

    /// All of them and their functions, or what is wrong with them.
    pub(super) fn build(mut self, dialects: &[Dialect]) -> Result<Complete, Vec<String>> {
        if dialects.contains(&Dialect::Ecs2Ext) {
            let bare = self.requests.iter().filter(|(address, _)| *address == Address::Bare);
            self.conflicts.extend(bare.map(|(_, origin)| {
                format!(
                    "{origin} and the dialect 4/ECS2EXT would share one subject; \
                     serve them as two extensions with different instance names"
                )
            }));
        }
        if self.conflicts.is_empty() { Ok((self.receptions, self.functions)) } else { Err(self.conflicts) }
    }
}
