//! From a resource path to the resource that answers it.

use std::sync::Arc;

use crate::failure::Failure;
use crate::request::{Parameters, Request};
use crate::resource::{HandlerFuture, Location, ResourceDef};
use crate::span::Span;

/// A function that answers a request, its state already bound.
pub(crate) type Handler = Arc<dyn Fn(Request) -> HandlerFuture + Send + Sync>;

/// The resources of an extension by path. Always ready: waiting happens before (admission) and
/// after (the handler), never here.
pub(crate) struct Router {
    tree: matchit::Router<Route>,
    /// For the messages of other services, which name theirs by its number.
    functions: Vec<Handler>,
    /// How many resources there are: their numbers come before those of the functions.
    resources: usize,
    fallback: Option<Handler>,
}

struct Route {
    handler: Handler,
    parameters: Vec<&'static str>,
    /// Which of the resources it is.
    number: usize,
}

/// Resources on their way into a router, and everything that is wrong with them.
#[derive(Default)]
pub(crate) struct RouterBuilder {
    tree: matchit::Router<Route>,
    known: Vec<(&'static str, Origin)>,
    conflicts: Vec<Conflict>,
    resources: usize,
}

/// Which function a pattern belongs to, and where it is.
#[derive(Debug, Clone, Copy)]
struct Origin {
    name: &'static str,
    location: Location,
}

/// Two resources that match the same paths, or a path the router cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Conflict(String);

impl RouterBuilder {
    /// Adds a resource under all of its patterns, collecting what conflicts.
    pub(crate) fn add<S: Send + Sync + 'static>(&mut self, resource: &ResourceDef<S>, state: &Arc<S>) {
        let call = resource.call;
        let state = state.clone();
        let handler: Handler = Arc::new(move |request| call(request, state.clone()));
        let origin = Origin { name: resource.name, location: resource.location };
        let number = self.resources;
        self.resources += 1;
        for pattern in resource.patterns {
            let route = Route { handler: handler.clone(), parameters: parameters(pattern), number };
            match self.tree.insert(*pattern, route) {
                Ok(()) => self.known.push((pattern, origin)),
                Err(matchit::InsertError::Conflict { with }) => self.conflict(pattern, origin, &with),
                Err(error) => self.conflicts.push(Conflict(format!(
                    "resource `{}` ({}): the path {pattern:?} cannot be routed: {error}",
                    origin.name, origin.location
                ))),
            }
        }
    }

    fn conflict(&mut self, pattern: &str, origin: Origin, with: &str) {
        let other = self.known.iter().find(|(known, _)| *known == with).map(|(_, other)| other);
        let other =
            other.map_or_else(String::new, |other| format!(" of `{}` ({})", other.name, other.location));
        self.conflicts.push(Conflict(format!(
            "resource `{}` ({}): the path {pattern:?} matches what {with:?}{other} matches; change one of them",
            origin.name, origin.location
        )));
    }

    /// The router, and all conflicts met on the way.
    pub(crate) fn build(
        self,
        functions: Vec<Handler>,
        fallback: Option<Handler>,
    ) -> Result<Router, Vec<Conflict>> {
        if self.conflicts.is_empty() {
            Ok(Router { tree: self.tree, functions, resources: self.resources, fallback })
        } else {
            Err(self.conflicts)
        }
    }
}

/// The names in braces, in order.
fn parameters(pattern: &'static str) -> Vec<&'static str> {
    pattern.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}

impl Router {
    /// Calls the function that answers the request, or the fallback.
    pub(crate) fn route(&self, mut request: Request) -> HandlerFuture {
        let Self { tree, functions, resources, fallback } = self;
        if let Some(number) = request.function()
            && let Some(function) = functions.get(number)
        {
            request.reaches(resources + number);
            return function(request);
        }
        let path = request.resource_path();
        if let Ok(matched) = tree.at(path) {
            let route = matched.value;
            // Looking for those of a path that has none costs a third of the routing.
            if !route.parameters.is_empty() {
                let mut found = Parameters::default();
                for (name, (_, value)) in route.parameters.iter().zip(matched.params.iter()) {
                    found.push(name, Span::of(path.as_bytes(), value.as_bytes()).range());
                }
                request.set_parameters(found);
            }
            request.reaches(route.number);
            return (route.handler)(request);
        }
        request.outlet().unrouted();
        if let Some(fallback) = fallback {
            return fallback(request);
        }
        let quoted = path.get(..path.floor_char_boundary(128)).unwrap_or_default();
        let failure = Failure::not_found(format!("this extension has no resource {quoted:?}"));
        Box::pin(std::future::ready(Ok(failure.into())))
    }
}
