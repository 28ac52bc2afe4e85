//! An extension service: its name, its resources, its layers, ready to be served.

mod builder;
mod describe;
mod permissions;
mod receptions;

pub use builder::{BuildError, Builder};

use std::sync::Arc;

use kaa_bus::Bus;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::Revision;
use kaa_protocol::name::{ReplicaId, ServiceInstance};

use crate::counters::Tally;
use crate::describe::Description;
use crate::figures::Figures;
use crate::limits::Limits;
use crate::pipeline::Pipeline;
use crate::serve::{Reception, Serve};

/// An extension service, checked and complete.
///
/// ```
/// use kaa_ext::prelude::*;
///
/// #[resource("/greet/{name}")]
/// async fn greet(name: String) -> String {
///     format!("Hello, {name}!")
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let extension = Extension::new("greeter").resources(resources![greet]).build()?;
/// extension.serve(Bus::memory()).await?;
/// # Ok(())
/// # }
/// ```
pub struct Extension {
    pub(crate) instance: ServiceInstance,
    pub(crate) replica: ReplicaId,
    pub(crate) communication_service: ServiceInstance,
    pub(crate) revision: Revision,
    pub(crate) dialects: Vec<Dialect>,
    pub(crate) limits: Limits,
    pub(crate) pipeline: Pipeline,
    pub(crate) receptions: Vec<Arc<Reception>>,
    pub(crate) shards: usize,
    pub(crate) tally: Arc<Tally>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) description: Arc<Description>,
}

impl Extension {
    /// Begins an extension. `instance` is the service instance name: the subject it listens to and
    /// the queue group its replicas share.
    #[allow(clippy::new_ret_no_self, reason = "an extension is only complete when it is built")]
    pub fn new(instance: impl Into<String>) -> Builder<()> {
        Builder::new(instance.into())
    }

    /// The same for an extension whose state comes last, by [`Builder::with_state`]: what it is made of can be
    /// listed, and its [permissions](Builder::permissions) be known, before there is anything to work with.
    #[allow(clippy::new_ret_no_self, reason = "an extension is only complete when it is built")]
    pub fn of<S>(instance: impl Into<String>) -> Builder<S> {
        Builder::without_state(instance.into())
    }

    /// The service instance name.
    pub fn instance(&self) -> &ServiceInstance {
        &self.instance
    }

    /// The identity of this replica.
    pub fn replica(&self) -> &ReplicaId {
        &self.replica
    }

    /// The same extension as another replica, which counts for itself.
    pub(crate) fn replica_named(&self, replica: ReplicaId) -> Self {
        let Self { instance, communication_service, dialects, pipeline, receptions, description, .. } = self;
        Self {
            instance: instance.clone(),
            replica,
            communication_service: communication_service.clone(),
            revision: self.revision,
            dialects: dialects.clone(),
            limits: self.limits,
            pipeline: pipeline.clone(),
            receptions: receptions.clone(),
            shards: self.shards,
            tally: Arc::new(Tally::default()),
            figures: Arc::new(self.figures.afresh()),
            description: description.clone(),
        }
    }

    /// What it is.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Serves the extension on a bus. Await the result to serve until the bus closes, or see
    /// [`Serve`] for graceful shutdown.
    pub fn serve(self, bus: Bus) -> Serve {
        Serve::new(self, bus)
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extension")
            .field("instance", &self.instance)
            .field("replica", &self.replica)
            .field("dialects", &self.dialects)
            .finish_non_exhaustive()
    }
}
