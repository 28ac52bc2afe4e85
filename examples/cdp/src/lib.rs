//! Configuration data provider: keeps configurations (6/CDTP, 5/CMX2CDP) and lets people set them.
//!
//! ```text
//! people   ── REST ──────────► store ──► ConfigUpdated, after the write is durable
//! services ── ConfigRequest ─► store ──► ConfigResponse
//!          ── ConfigApplied ─► store
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `settings` | what an operator can set |
//! | `place` | whose configuration it is |
//! | `configuration` | what a configuration is, and its ID |
//! | `store` | [`Store`]: where things are kept, in a file or a bucket |
//! | `askers` | who has asked, bounded |
//! | `configurations` | what is kept, and what it means |
//! | `names` | which names an application version has |
//! | `applied` | what endpoints reported |
//! | `provider` | what other services ask and report |
//! | `changed` | which of them have changed, until that is announced |
//! | `announcer` | telling other services of changes |
//! | `rest` | the REST port |

mod announcer;
mod applied;
mod askers;
mod changed;
mod configuration;
mod configurations;
mod names;
mod place;
mod provider;
mod rest;
mod settings;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use settings::{Protocol, Settings, StoreKind};
pub use store::{SqliteStore, Store, StoreError, StoreFuture};

use kaa_ext::bus::kv::{BucketOptions, Keeping};
use kaa_ext::prelude::*;
use kaa_ext::protocol::{cdtp, cmx2cdp};
use kaa_ext::{Builder, Config, Description, Running, StartError};

use announcer::Announcer;
use changed::Changed;
use configurations::Configurations;
use rest::Desk;

/// What services and listeners share.
#[derive(FromRef)]
struct App {
    configurations: Configurations,
}

fn extension(config: &Config<Settings>) -> Builder<App> {
    let protocol = config.extension.protocol;
    let mut extension = Extension::of("cdp").version(env!("CARGO_PKG_VERSION"));
    if protocol.has_cdtp() {
        extension = extension
            .services(services![provider::config])
            .listeners(listeners![provider::applied])
            .sends::<cdtp::ConfigUpdated>();
    }
    if protocol.has_cmx2cdp() {
        extension = extension
            .services(services![provider::versioned_config])
            .listeners(listeners![provider::version_applied])
            .sends::<cmx2cdp::NewAvailable>();
    }
    extension.configure(config)
}

fn bucket(settings: &Settings) -> BucketOptions {
    BucketOptions::new(&settings.bucket).replicas(settings.bucket_replicas)
}

/// What the service is: its functions, and what it says and hears on NATS.
///
/// # Errors
///
/// [`StartError`]: a name that is none.
pub fn describe(config: &Config<Settings>) -> Result<Description, StartError> {
    let mut description = extension(config).describe()?;
    if config.extension.store == StoreKind::Jetstream {
        description.permissions.keeps_in(&bucket(&config.extension))?;
    }
    Ok(description)
}

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    let settings = &config.extension;
    match settings.store {
        StoreKind::Sqlite => {
            let store = SqliteStore::open(&settings.path).await?;
            let file = store.clone();
            let (running, _) = serve(bus, &config, Arc::new(store)).await?;
            Ok(running.at_last(move || async move { file.close().await }))
        }
        StoreKind::Jetstream => {
            let bucket = bus.bucket(&bucket(settings)).await?;
            tell_durability(&settings.bucket, bucket.keeping().await?);
            let (running, _) = serve(bus, &config, Arc::new(bucket)).await?;
            Ok(running)
        }
    }
}

/// Says what an acknowledged write survives, as far as the server tells.
fn tell_durability(bucket: &str, Keeping { replicas, in_files, .. }: Keeping) {
    match (in_files, replicas) {
        (false, _) => tracing::warn!(
            bucket,
            replicas,
            "the bucket is kept in memory: configurations are gone with the NATS server; give it file storage"
        ),
        (true, 0..3) => tracing::warn!(
            bucket,
            replicas,
            "configurations survive a loss of power only if the NATS server has `sync_interval: always` in its \
             `jetstream` section, which it does not tell, or if at least 3 servers of a cluster keep the bucket"
        ),
        (true, _) => {
            tracing::info!(bucket, replicas, "configurations are kept in files of several NATS servers")
        }
    }
}

/// The service on a store, and what its REST port works on.
async fn serve(
    bus: Bus,
    config: &Config<Settings>,
    store: Arc<dyn Store>,
) -> Result<(Running, Desk), StartError> {
    let protocol = config.extension.protocol;
    let configurations = Configurations::new(store, protocol.has_cmx2cdp());
    let extension = extension(config).with_state(App { configurations: configurations.clone() });
    let server = extension.build()?.serve(bus).start().await?;
    let changed = Changed::default();
    let announcer =
        Announcer { configurations: configurations.clone(), messaging: server.messaging(), protocol };
    let announcing = announcer.start(changed.clone());
    let desk = Desk { configurations, changed };
    let running = Running::with_rest(server, &config.extension.rest, rest::api(desk.clone())).await?;
    Ok((running.at_last(|| announcing.stop()), desk))
}
