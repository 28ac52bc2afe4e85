//! Endpoint metadata: what a device says about itself (10/EPMP).
//!
//! ```text
//!  device ── 10/EPMP ──► resources ──┐
//!                                    ├──► editor: first store (one transaction), then 15/EME ──► whoever listens
//!  sources ── 15/EME ──► merging ────┘
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `resources` | what devices ask and write |
//! | `merging` | what other services know of an endpoint |
//! | `editor` | making a change, and telling others |
//! | `change` | a change, what it makes of metadata, and whether that is too much |
//! | `store` | the SQLite file |

mod change;
mod editor;
mod merging;
mod resources;
mod settings;
mod store;
#[cfg(test)]
mod tests;

pub use settings::{Limits, Settings};

use kaa_ext::prelude::*;
use kaa_ext::{BuildError, Config, Running, StartError};
use store::Store;

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    let store = Store::open(&config.extension).await?;
    let server = extension(store.clone(), &config)?.serve(bus).start().await?;
    Ok(Running::new(server).at_last(move || async move { store.close().await }))
}

fn extension(store: Store, config: &Config<Settings>) -> Result<Extension, BuildError> {
    let mut builder = Extension::new("epmx").state(store).resources(resources![
        resources::keys,
        resources::get,
        resources::update,
        resources::update_keys,
        resources::delete_keys,
    ]);
    for source in &config.extension.sources {
        builder = builder.listeners_to(source.as_str(), listeners![merging::updated]);
    }
    builder.configure(config).build()
}
