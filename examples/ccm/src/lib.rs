//! Credentials: tokens of endpoints and credentials of clients (16/ECAP, 22/CAP).
//!
//! ```text
//!  people ─── REST ──► management ──► store ◄── validation ◄── 16/ECAP, 22/CAP ── communication service
//!                          │         (SQLite)                                            ▲
//!                          └──► revocation: first stored, then announced ────────────────┘
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `status` | active, suspended, revoked, and the ways between |
//! | `secret` | passwords (argon2id) and tokens (SHA-256) at rest |
//! | `store` | the SQLite file |
//! | `revocation` | storing another status, and announcing it |
//! | `validation` | what a communication service asks |
//! | `management` | REST |

mod management;
mod revocation;
mod secret;
mod settings;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod validation;

pub use settings::Settings;

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cap::ClientCredentialsRevokedEvent;
use kaa_ext::protocol::ecap::{ClientCredentialRevokedEvent, EndpointTokenRevokedEvent};
use kaa_ext::{Builder, Config, Description, Running, StartError};
use secret::Hasher;
use store::Store;

/// What all sides share.
#[derive(Clone, FromRef)]
struct App {
    store: Store,
    hasher: Arc<Hasher>,
}

fn extension(config: &Config<Settings>) -> Builder<App> {
    Extension::of("ccm")
        .version(env!("CARGO_PKG_VERSION"))
        .services(services![
            validation::token,
            validation::transition,
            validation::password,
            validation::certificate,
            validation::basic,
            validation::tenant_certificate,
        ])
        .sends::<EndpointTokenRevokedEvent>()
        .sends::<ClientCredentialRevokedEvent>()
        .sends::<ClientCredentialsRevokedEvent>()
        .configure(config)
}

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
    let store = Store::open(&config.extension.database).await?;
    serve(bus, &config, store).await
}

/// The service on a store.
async fn serve(bus: Bus, config: &Config<Settings>, store: Store) -> Result<Running, StartError> {
    let app = App { store: store.clone(), hasher: Arc::new(Hasher::new(config.extension.hashes)) };
    let extension = extension(config).with_state(app.clone()).build()?;
    let server = extension.serve(bus).start().await?;
    let api = management::api(app, server.messaging());
    let running = Running::with_rest(server, &config.extension.rest, api).await?;
    Ok(running.at_last(move || async move { store.close().await }))
}
