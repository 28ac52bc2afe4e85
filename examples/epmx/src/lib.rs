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
use kaa_ext::protocol::eme::MetadataUpdatedEvent;
use kaa_ext::{Builder, Config, Description, Running, StartError};
use store::Store;

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
    let store = Store::open(&config.extension).await?;
    let server = extension(&config).with_state(store.clone()).build()?.serve(bus).start().await?;
    Ok(Running::new(server).at_last(move || async move { store.close().await }))
}

fn extension(config: &Config<Settings>) -> Builder<Store> {
    let mut builder = Extension::of("epmx").version(env!("CARGO_PKG_VERSION")).resources(resources![
        resources::keys,
        resources::get,
        resources::update,
        resources::update_keys,
        resources::delete_keys,
    ]);
    for source in &config.extension.sources {
        builder = builder.listeners_to(source.as_str(), listeners![merging::updated]);
    }
    builder.sends::<MetadataUpdatedEvent>().configure(config)
}
