//! Endpoint time series: stores the samples of devices (13/DSTP) and tells their series (14/TSTP).
//!
//! ```text
//!   DataSamplesEvent ─► receive ─► batch, numbers ─► store ─► durable ─► DataSamplesProcessed
//!                                                      │         └─────► announce ─► TimeSeriesEvent
//!   GET /endpoints/… ─► rest ────────► buckets ◄───────┘
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | `receive` | the listener: nothing is confirmed that is not stored |
//! | [`batch`] | the samples of an event, and what tells it from others |
//! | [`numbers`] | which numbers of a sample become points |
//! | [`store`] | where they are kept: a SQLite file, or PostgreSQL |
//! | [`buckets`] | downsampling |
//! | `announce` | 14/TSTP, as well as it goes |
//! | `rest`, `tally` | what people can ask |

mod announce;
pub mod batch;
pub mod buckets;
pub mod numbers;
mod receive;
mod rest;
mod settings;
pub mod store;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::tstp::TimeSeriesEvent;
use kaa_ext::{Builder, Config, Description, Running, StartError};

pub use settings::{Place, Settings};
pub use tally::Counts;

use announce::Announcer;
use receive::{App, Receiver};
use store::Store;
use tally::Tally;

fn extension(config: &Config<Settings>) -> Builder<App> {
    let mut extension =
        Extension::of("epts").version(env!("CARGO_PKG_VERSION")).sends::<TimeSeriesEvent>().configure(config);
    if config.extension.transmitters.is_empty() {
        extension = extension.listeners(listeners![receive::samples]);
    }
    for transmitter in &config.extension.transmitters {
        extension = extension.listeners_to(transmitter, listeners![receive::samples]);
    }
    extension
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
    let store = store::open(&config.extension.database).await?;
    start_with(bus, config, store).await
}

/// The same with a store that is open already.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting. The store is closed then.
pub async fn start_with(
    bus: Bus,
    config: Config<Settings>,
    store: Arc<dyn Store>,
) -> Result<Running, StartError> {
    let started = assemble(bus, &config, store.clone()).await;
    match started {
        Ok(running) => Ok(running.at_last(move || async move { store.close().await })),
        Err(error) => {
            store.close().await;
            Err(error)
        }
    }
}

async fn assemble(bus: Bus, config: &Config<Settings>, store: Arc<dyn Store>) -> Result<Running, StartError> {
    let tally = Arc::new(Tally::default());
    let (announcer, announcing) = Announcer::start(tally.clone());
    let receiver = Receiver {
        store: store.clone(),
        time_field: config.extension.timestamp_field.as_deref().map(Into::into),
        announcer,
        tally: tally.clone(),
    };
    let extension = extension(config).with_state(App { receiver }).build()?;
    let server = extension.serve(bus).start().await?;
    let api = rest::api(rest::Served { store, tally });
    let running = Running::with_rest(server, &config.extension.rest, api).await?;
    // Last of all, what the last handlers have stored is announced.
    Ok(running.at_last(|| announcing.end()))
}
