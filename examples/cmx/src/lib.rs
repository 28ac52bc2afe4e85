//! Configuration management: configurations for devices (7/CMP) from a provider (6/CDTP, 5/CMX2CDP).
//!
//! | module | what lives there |
//! |---|---|
//! | `resources` | what devices ask: `/config/json`, `/applied/json` |
//! | `hints` | what other services announce: a new configuration, an endpoint that is there again |
//! | `watch` | how an endpoint that observes comes to have the latest: the algorithm |
//! | `observations` | who observes what, bounded |
//! | `backlog` | which of them are to be looked up, and by whom |
//! | `succession` | how observations outlive a replica |
//! | `claim`, `roster` | whose an observation is; which replicas there are, and which of them inherits it |
//! | `siblings`, `notice` | what the replicas tell each other, and how |
//! | `keeper` | what goes on beside the extension |
//! | `provider` | who has the configurations |
//!
//! # One service in several replicas
//!
//! A replica that is asked to observe *has* the observation: further requests of the session come to it, since
//! the session is pinned, and it alone pushes. When a request comes to another replica all the same (the device
//! has a new connection), that one takes the observation over if the request says `observe`, and tells the one
//! that has it what it answered if not.
//!
//! The others keep a copy of it, and when its replica dies or is stopped, one of them goes on. The copies are in
//! memory and there is no store. An observation is soft state: it says how a device is reached and what it was
//! sent, which is old within seconds; the configurations themselves are with the provider. A store would have to
//! be written for every push, be as available as this service, and would be right only as long as nobody
//! restored it from yesterday. It would survive one thing that copies do not, that all replicas are gone at
//! once; the devices survive that by asking again.

mod backlog;
mod claim;
mod hints;
mod keeper;
mod key;
mod notice;
mod observations;
mod provider;
mod resources;
mod roster;
mod settings;
mod siblings;
mod succession;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

pub use settings::{Protocol, Settings};

use kaa_ext::prelude::*;
use kaa_ext::protocol::{cdtp, cmx2cdp};
use kaa_ext::{Builder, Config, Description, Running, StartError};

use backlog::Backlog;
use keeper::Keeper;
use observations::Observations;
use provider::Provider;
use siblings::Siblings;

/// What resources and listeners share.
#[derive(Clone, FromRef)]
struct App {
    provider: Provider,
    observations: Arc<Observations>,
    backlog: Arc<Backlog>,
    siblings: Arc<Siblings>,
}

fn extension(config: &Config<Settings>) -> Builder<App> {
    let Settings { provider, protocol, .. } = &config.extension;
    let instance = instance(config);
    let extension = Extension::of(instance.as_str())
        .version(env!("CARGO_PKG_VERSION"))
        .resources(resources![resources::config, resources::applied])
        .listeners(listeners![hints::connected]);
    let extension = match protocol {
        Protocol::Cdtp => extension
            .listeners_to(provider.as_str(), listeners![hints::updated])
            .listeners_to(instance.as_str(), listeners![hints::applied])
            .asks::<cdtp::ConfigRequest>(provider.clone())
            .sends::<cdtp::ConfigApplied>(),
        Protocol::Cmx2Cdp => extension
            .listeners_to(provider.as_str(), listeners![hints::new_available])
            .listeners_to(instance.as_str(), listeners![hints::applied_version])
            .asks::<cmx2cdp::ConfigRequest>(provider.clone())
            .sends::<cmx2cdp::Updated>(),
    };
    extension.configure(config)
}

fn instance(config: &Config<Settings>) -> ServiceInstance {
    let instance = config.service.instance.name.clone();
    instance.unwrap_or_else(|| ServiceInstance::from_static("cmx"))
}

/// What the service is: its functions, and what it says and hears on NATS.
///
/// # Errors
///
/// [`StartError`]: a name that is none.
pub fn describe(config: &Config<Settings>) -> Result<Description, StartError> {
    let mut description = extension(config).describe()?;
    let notices = siblings::subject(&instance(config))?;
    description.permissions.publish(&notices, "notices for the other replicas");
    description.permissions.subscribe(&notices, None, "notices of the other replicas");
    Ok(description)
}

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    let settings = &config.extension;
    settings.check()?;
    let app = App {
        provider: Provider::new(settings),
        observations: Arc::new(Observations::new(settings)),
        backlog: Arc::default(),
        siblings: Arc::new(Siblings::new(bus.clone(), &instance(&config))?),
    };
    let extension = extension(&config).with_state(app.clone()).build()?;
    let server = extension.serve(bus).start().await?;
    let keeper = Keeper::start(app, server.messaging(), server.sessions(), settings.heartbeat).await?;
    // The last thing: until then this replica may still answer, and be told.
    Ok(Running::new(server).at_last(move || keeper.end()))
}
