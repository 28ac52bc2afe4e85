//! Command execution: commands (11/CEP) for devices, from people (REST) and services (12/CIP).

mod settings;

pub use settings::Settings;

use kaa_ext::prelude::*;
use kaa_ext::{Config, Running, StartError};

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    // SKELETON
    let extension = Extension::new("cex").configure(&config).build()?;
    Ok(Running::new(extension.serve(bus).start().await?))
}
