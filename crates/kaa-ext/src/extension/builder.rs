//! Putting an extension together, with all mistakes reported at once.

use std::convert::Infallible;
use std::fmt;
use std::mem;
use std::sync::Arc;

use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use tower_layer::Layer;
use tower_service::Service;

use super::Extension;
use super::describe::version_problem;
use super::permissions::Said;
use super::receptions::Receptions;
use crate::__private as private;
use crate::counters::Tally;
use crate::figures::Figures;
use crate::limits::Limits;
use crate::listener::ListenerDef;
use crate::pipeline::Pipeline;
use crate::reply::{IntoReply, Reply};
use crate::request::Request;
use crate::resource::ResourceDef;
use crate::router::{Handler, RouterBuilder};
use crate::service::ServiceDef;

/// An extension in the making; made by [`Extension::new`].
#[must_use = "an extension is complete when `build()` is called"]
pub struct Builder<S> {
    pub(crate) instance: String,
    pub(crate) replica: Option<String>,
    pub(crate) communication_service: String,
    pub(crate) revision: Revision,
    pub(crate) dialects: Vec<Dialect>,
    pub(crate) limits: Limits,
    pub(crate) shards: usize,
    pub(super) version: String,
    pub(crate) discovery: bool,
    /// Whether the admin port of its process shows the console, which hears and says more.
    pub(crate) console: bool,
    state: Option<S>,
    pub(super) resources: Vec<ResourceDef<S>>,
    /// Each with the only originator it listens to, if it does.
    pub(super) listeners: Vec<(Option<String>, ListenerDef<S>)>,
    pub(super) services: Vec<ServiceDef<S>>,
    pub(super) said: Vec<Said>,
    wrap: Vec<Box<dyn FnOnce(Pipeline) -> Pipeline + Send>>,
    fallback: Option<Handler>,
    problems: Vec<String>,
}

impl<S> Builder<S> {
    pub(super) fn without_state(instance: String) -> Self {
        Self {
            instance,
            replica: None,
            communication_service: "kpc".to_owned(),
            revision: Revision::Seed,
            dialects: vec![Dialect::Esp],
            limits: Limits::default(),
            shards: 1,
            version: "0.0.0".to_owned(),
            discovery: true,
            console: false,
            state: None,
            resources: Vec::new(),
            listeners: Vec::new(),
            services: Vec::new(),
            said: Vec::new(),
            wrap: Vec::new(),
            fallback: None,
            problems: Vec::new(),
        }
    }
}

impl Builder<()> {
    pub(super) fn new(instance: String) -> Self {
        Self::without_state(instance).with_state(())
    }

    /// Gives the extension its state, which handlers take apart with
    /// [`State<T>`](crate::State). Comes before the resources, listeners and services.
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Builder<S> {
        let resources = self.resources.iter().map(|resource| (resource.name, resource.location));
        let listeners = self.listeners.iter().map(|(_, listener)| (listener.name, listener.location));
        let services = self.services.iter().map(|service| (service.name, service.location));
        if let Some((name, location)) = resources.chain(listeners).chain(services).next() {
            self.problems.push(format!(
                "the state is set after `{name}` ({location}) was added; call `.state(…)` first"
            ));
        }
        Builder {
            instance: self.instance,
            replica: self.replica,
            communication_service: self.communication_service,
            revision: self.revision,
            dialects: self.dialects,
            limits: self.limits,
            shards: self.shards,
            version: self.version,
            discovery: self.discovery,
            console: self.console,
            state: Some(state),
            resources: Vec::new(),
            listeners: Vec::new(),
            services: Vec::new(),
            said: self.said,
            wrap: self.wrap,
            fallback: self.fallback,
            problems: self.problems,
        }
    }
}

impl<S: Send + Sync + 'static> Builder<S> {
    /// Gives the extension its state when it was begun without one, by [`Extension::of`].
    pub fn with_state(self, state: S) -> Self {
        Self { state: Some(state), ..self }
    }

    /// Adds resources: `.resources(resources![config, applied])`. May be called several times.
    pub fn resources(mut self, resources: impl IntoIterator<Item = ResourceDef<S>>) -> Self {
        self.resources.extend(resources);
        self
    }

    /// Adds listeners: `.listeners(listeners![updated])`. They hear events of every originator. May be
    /// called several times.
    pub fn listeners(mut self, listeners: impl IntoIterator<Item = ListenerDef<S>>) -> Self {
        self.listeners.extend(listeners.into_iter().map(|listener| (None, listener)));
        self
    }

    /// Adds listeners to the events of one service instance only.
    pub fn listeners_to(
        mut self,
        originator: impl Into<String>,
        listeners: impl IntoIterator<Item = ListenerDef<S>>,
    ) -> Self {
        let originator = originator.into();
        self.listeners.extend(listeners.into_iter().map(|listener| (Some(originator.clone()), listener)));
        self
    }

    /// Adds services: `.services(services![config])`. May be called several times.
    pub fn services(mut self, services: impl IntoIterator<Item = ServiceDef<S>>) -> Self {
        self.services.extend(services);
        self
    }

    /// The protocols in which devices ask. Default: [`Dialect::Esp`] alone. Every resource serves all of
    /// them.
    pub fn dialects(mut self, dialects: impl IntoIterator<Item = Dialect>) -> Self {
        self.dialects = Vec::new();
        for dialect in dialects {
            if !self.dialects.contains(&dialect) {
                self.dialects.push(dialect);
            }
        }
        self
    }

    /// Wraps everything in a tower layer; the layer added last sees a request first.
    ///
    /// All resources, listeners, services and the fallback are inside, whenever they are added. Panics and deadlines
    /// are handled outside of all layers.
    ///
    /// ```
    /// use kaa_ext::prelude::*;
    /// use tower::limit::ConcurrencyLimitLayer;
    ///
    /// # fn example() -> Result<Extension, kaa_ext::BuildError> {
    /// Extension::new("limited").layer(ConcurrencyLimitLayer::new(8)).build()
    /// # }
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Pipeline> + Send + 'static,
        L::Service: Service<Request, Response = Reply, Error = Infallible> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Future: Send,
    {
        self.wrap.push(Box::new(move |inner| Pipeline::layered(layer.layer(inner))));
        self
    }

    /// Answers the requests that no resource answers; 404 without it.
    pub fn fallback<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: IntoReply,
    {
        self.fallback = Some(Arc::new(move |request: Request| {
            let answered = handler(request.clone());
            Box::pin(async move { private::answer(&request, answered.await) })
        }));
        self
    }

    /// The identity of this replica, unique in the cluster. Default: the instance name and a
    /// random number.
    pub fn replica(mut self, replica: impl Into<String>) -> Self {
        self.replica = Some(replica.into());
        self
    }

    /// The instance name of the communication service, for messages without a return address.
    /// Default: `kpc`.
    pub fn communication_service(mut self, instance: impl Into<String>) -> Self {
        self.communication_service = instance.into();
        self
    }

    /// The revision of 4/ESP that answers are written in. Default: [`Revision::Seed`]. Requests
    /// are read in both.
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// How much the extension takes on at once.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// On how many cores [`run`](Self::run) serves it. Default: 1.
    ///
    /// Each of them is a shard: a thread with a connection of its own and, towards others, a replica of its own, the
    /// further ones named after the first, as `dcx-0-shard-1`. They share the state, and so little else that a second
    /// one carries nearly twice as much. What every replica hears, every shard hears. A service that keeps what it
    /// must not have twice starts replicas instead.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// The version of the service, for those who [look at it](Self::describe) and find it:
    /// `.version(env!("CARGO_PKG_VERSION"))`. Default: `0.0.0`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Whether it answers who looks for services on NATS, such as `nats micro list`: by the `$SRV` subjects of the
    /// NATS service API (ADR-32), under its instance name, and with its [functions](Self::describe) as endpoints.
    /// Default: yes.
    pub fn discovery(mut self, is_on: bool) -> Self {
        self.discovery = is_on;
        self
    }

    /// Checks everything and completes the extension.
    ///
    /// # Errors
    ///
    /// [`BuildError`] with every problem there is, each naming the function and its place.
    pub fn build(mut self) -> Result<Extension, BuildError> {
        let mut problems = mem::take(&mut self.problems);
        let problems = &mut problems;
        let instance = checked::<ServiceInstance>(&self.instance, problems);
        let replica = match &self.replica {
            Some(replica) => checked(replica, problems),
            None => instance.as_ref().map(ReplicaId::random),
        };
        let communication_service = checked::<ServiceInstance>(&self.communication_service, problems);
        problems.extend(self.limits.problems());
        problems.extend(version_problem(&self.version));
        if self.shards == 0 {
            problems.push(
                "it has no shard to run on; give it one: service.shards is 1 or more, and so is `.shards(…)`"
                    .to_owned(),
            );
        }
        if self.dialects.is_empty() {
            problems.push("no dialect is left to serve; name one, such as `Dialect::Esp`".to_owned());
        }

        // As it is served: with the identity that it has now.
        self.replica = replica.as_ref().map(ToString::to_string);
        let description = self.describe().ok();
        let Some(state) = self.state.take().map(Arc::new) else {
            problems.push("it has no state; call `.with_state(…)` before `.build()`".to_owned());
            return Err(BuildError::new(self.instance, mem::take(problems)));
        };
        let mut router = RouterBuilder::default();
        for resource in &self.resources {
            router.add(resource, &state);
        }
        let mut receptions = Receptions::default();
        for (originator, listener) in &self.listeners {
            let originator = originator.as_ref().and_then(|name| checked::<ServiceInstance>(name, problems));
            receptions.listener(listener, originator.as_ref(), &state);
        }
        for service in &self.services {
            receptions.service(service, &state);
        }
        let receptions = receptions.build(&self.dialects);
        let (receptions, functions) =
            receptions.map_err(|conflicts| problems.extend(conflicts)).unwrap_or_default();
        let router = router.build(functions, self.fallback);
        if let Err(conflicts) = &router {
            problems.extend(conflicts.iter().map(ToString::to_string));
        }
        let names = (instance, replica, communication_service);
        match (names, router, description, problems.is_empty()) {
            (
                (Some(instance), Some(replica), Some(communication_service)),
                Ok(router),
                Some(description),
                true,
            ) => Ok(Extension {
                figures: Arc::new(Figures::new(&description)),
                description: Arc::new(description),
                instance,
                replica,
                communication_service,
                revision: self.revision,
                dialects: self.dialects,
                limits: self.limits,
                receptions,
                pipeline: self.wrap.into_iter().fold(Pipeline::new(router), |inner, wrap| wrap(inner)),
                shards: self.shards,
                tally: Arc::new(Tally::default()),
            }),
            _ => Err(BuildError::new(self.instance, mem::take(problems))),
        }
    }
}

pub(super) fn checked<N: std::str::FromStr>(text: &str, problems: &mut Vec<String>) -> Option<N>
where
    N::Err: fmt::Display,
{
    text.parse().map_err(|error: N::Err| problems.push(error.to_string())).ok()
}

/// What keeps an extension from being built: all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    instance: String,
    problems: Vec<String>,
}

impl BuildError {
    pub(super) fn new(instance: String, problems: Vec<String>) -> Self {
        Self { instance, problems }
    }

    /// One sentence for each problem.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "extension {:?} cannot be built:", self.instance)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for BuildError {}
