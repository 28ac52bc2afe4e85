//! Endpoint presence as metadata and as a time series.
//!
//! ```text
//!                     ┌─► every replica: notes where the endpoint is
//!  9/ELCE ────────────┤
//!  (dis)connected     └─► one replica: tells, unless the event is out of date ──┬─► 15/EME  connected, lastConnected, …
//!                                                                               └─► 14/TSTP 1 or 0
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `presence` | where endpoints are, and which events are out of date |
//! | `listening` | what is heard, by whom |
//! | `telling` | metadata and time series |

mod listening;
mod presence;
mod settings;
mod telling;
#[cfg(test)]
mod tests;

pub use settings::Settings;

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::eme::MetadataUpdatedEvent;
use kaa_ext::protocol::name::Token;
use kaa_ext::protocol::tstp::TimeSeriesEvent;
use kaa_ext::{Builder, Config, Description, Running, StartError};
use presence::Presence;

/// What the listeners share.
#[derive(Clone, FromRef)]
struct App {
    presence: Arc<Presence>,
    series: Token,
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
    Ok(Running::new(extension(&config).build()?.serve(bus).start().await?))
}

fn extension(config: &Config<Settings>) -> Builder<App> {
    let Settings { series, remembered } = config.extension.clone();
    Extension::new("epl")
        .version(env!("CARGO_PKG_VERSION"))
        .state(App { presence: Arc::new(Presence::new(remembered)), series })
        .listeners(listeners![
            listening::note_connected,
            listening::note_disconnected,
            listening::tell_connected,
            listening::tell_disconnected,
        ])
        .sends::<MetadataUpdatedEvent>()
        .sends::<TimeSeriesEvent>()
        .configure(config)
}
