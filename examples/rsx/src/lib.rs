//! Request status: what became of a recent request.
//!
//! ```text
//! extensions ── ExtensionData ──► communication service ──► devices
//!                    │ (a copy)
//!                    ▼
//!               Watch ──► Outcomes ◄── /{extension} ◄── a device that missed its answer
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `watch` | reads along what extensions answer |
//! | `outcomes` | remembers the last of it, and no more |
//! | `settings` | how much, and for how long |

mod outcomes;
mod settings;
mod watch;

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::{Builder, Config, Description, Running, StartError};

use outcomes::{Outcome, Outcomes};
pub use settings::Settings;
use watch::Watch;

/// Tells what became of the request of `extension` that had the request ID of this one.
#[resource("/{extension}")]
async fn status(
    extension: ServiceInstance,
    endpoint: EndpointId,
    request: RequestId,
    State(outcomes): State<Arc<Outcomes>>,
) -> Result<Json<Outcome>, Failure> {
    let known = outcomes.of(&endpoint, &extension, request);
    let unknown = || Failure::not_found(format!("{extension} has answered no request {request} lately"));
    known.map(Json).ok_or_else(unknown)
}

fn extension() -> Builder<Arc<Outcomes>> {
    Extension::of("rsx").version(env!("CARGO_PKG_VERSION")).resources(resources![status])
}

/// What the service is: its functions, and what it says and hears on NATS.
///
/// # Errors
///
/// [`StartError`]: a name that is none.
pub fn describe(config: &Config<Settings>) -> Result<Description, StartError> {
    let mut description = extension().configure(config).describe()?;
    for filter in watch::filters()? {
        description.permissions.subscribe(filter, None, "reading along what extensions answer");
    }
    Ok(description)
}

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    let outcomes = Arc::new(Outcomes::new(&config.extension));
    let extension = extension().with_state(outcomes.clone()).configure(&config).build()?;
    let watch = Watch::open(&bus, extension.instance().clone()).await?;
    let server = extension.serve(bus).start().await?;
    Ok(Running::new(server).beside(watch.run(outcomes)))
}

#[cfg(test)]
mod tests;
