//! Configuration data provider: keeps configurations (6/CDTP, 5/CMX2CDP) and lets people set them.

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
    let extension = Extension::new("cdp").configure(&config).build()?;
    Ok(Running::new(extension.serve(bus).start().await?))
}
