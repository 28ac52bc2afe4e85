//! Data collection: samples of devices (2/DCP) for whoever receives them (13/DSTP).
//!
//! ```text
//! device ── /json, /plain/{metric} ──► Collector ── DataSamplesEvent ──────► receivers
//!        ◄── 200, or why not ────────           ◄── DataSamplesProcessed ── the reliable ones
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | [`Settings`]: who has to confirm, and how long that may take |
//! | `resources` | the paths devices send samples to |
//! | `collector` | publishes them, and waits for those who confirm |
//! | `verdict` | what the receipts mean for the device |

mod collector;
mod resources;
mod settings;
#[cfg(test)]
mod tests;
mod verdict;

pub use settings::Settings;

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::dstp::DataSamplesEvent;
use kaa_ext::{Builder, Config, Description, Running, StartError};

use collector::Collector;

/// What the service is: its functions, and what it says and hears on NATS.
///
/// # Errors
///
/// [`StartError`]: a name that is none.
pub fn describe(config: &Config<Settings>) -> Result<Description, StartError> {
    Ok(extension(config).describe()?)
}

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    config.extension.check()?;
    let extension = extension(&config);
    let app = App { collector: Arc::new(Collector::new(config.extension)) };
    Ok(Running::new(extension.with_state(app).build()?.serve(bus).start().await?))
}

#[derive(FromRef)]
struct App {
    collector: Arc<Collector>,
}

fn extension(config: &Config<Settings>) -> Builder<App> {
    let extension = Extension::of("dcx")
        .version(env!("CARGO_PKG_VERSION"))
        .resources(resources![resources::json, resources::plain])
        .configure(config);
    let is_confirmed = !config.extension.receivers.is_empty();
    if is_confirmed { extension.awaits::<DataSamplesEvent>() } else { extension.sends::<DataSamplesEvent>() }
}
