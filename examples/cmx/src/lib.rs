//! Configuration management: configurations for devices (7/CMP) from a provider (6/CDTP, 5/CMX2CDP).
//!
//! | module | what lives there |
//! |---|---|
//! | `resources` | what devices ask: `/config/json`, `/applied/json` |
//! | `hints` | what other services announce: a new configuration, an endpoint that is there again |
//! | `watch` | how an endpoint that observes comes to have the latest: the algorithm |
//! | `observations` | who observes what, bounded |
//! | `siblings` | what the replicas of this service tell each other |
//! | `keeper` | what goes on beside: notices of siblings, hints that could not be followed, old age |
//! | `provider` | who has the configurations |
//!
//! # One service in several replicas
//!
//! A replica that is asked to observe *has* the observation, in memory: further requests of the session come to
//! it, since the session is pinned, and it alone pushes. When a request comes to another replica all the same
//! (the device has a new connection), that one takes the observation over if the request says `observe`, and
//! tells the one that has it what it answered if not. When a replica dies, its observations are gone until the
//! device asks again with `observe`.

mod hints;
mod keeper;
mod key;
mod observations;
mod provider;
mod resources;
mod settings;
mod siblings;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

pub use settings::{Protocol, Settings};

use kaa_ext::prelude::*;
use kaa_ext::{Config, Running, StartError};

use keeper::Keeper;
use observations::Observations;
use provider::Provider;
use siblings::Siblings;

/// What resources and listeners share.
#[derive(Clone, FromRef)]
struct App {
    provider: Provider,
    observations: Arc<Observations>,
    siblings: Arc<Siblings>,
}

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    let settings = &config.extension;
    let instance = config.service.instance.name.clone();
    let instance = instance.unwrap_or_else(|| ServiceInstance::from_static("cmx"));
    let app = App {
        provider: Provider::new(settings),
        observations: Arc::new(Observations::new(settings)),
        siblings: Arc::new(Siblings::new(&instance)?),
    };
    let extension = Extension::new(instance.as_str())
        .state(app.clone())
        .resources(resources![resources::config, resources::applied])
        .listeners(listeners![hints::connected]);
    let provider = settings.provider.as_str();
    let extension = match settings.protocol {
        Protocol::Cdtp => extension
            .listeners_to(provider, listeners![hints::updated])
            .listeners_to(instance.as_str(), listeners![hints::applied]),
        Protocol::Cmx2Cdp => extension
            .listeners_to(provider, listeners![hints::new_available])
            .listeners_to(instance.as_str(), listeners![hints::applied_version]),
    };
    let server = extension.configure(&config).build()?.serve(bus).start().await?;
    let keeper = Keeper::start(app, server.messaging()).await?;
    Ok(Running::new(server).at_last(move || async move { drop(keeper) }))
}
