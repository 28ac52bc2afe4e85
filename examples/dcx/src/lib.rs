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
use kaa_ext::{Config, Running, StartError};

use collector::Collector;

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    Ok(Running::new(extension(config)?.serve(bus).start().await?))
}

#[derive(FromRef)]
struct App {
    collector: Arc<Collector>,
}

fn extension(config: Config<Settings>) -> Result<Extension, StartError> {
    config.extension.check()?;
    let extension = Extension::new("dcx").configure(&config);
    let app = App { collector: Arc::new(Collector::new(config.extension)) };
    Ok(extension.state(app).resources(resources![resources::json, resources::plain]).build()?)
}
