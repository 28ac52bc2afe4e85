//! Time synchronization: tells a device the time.
//!
//! It knows no endpoints: the answer is the same for everybody, so a request needs no token, and any replica
//! can give it.

use kaa_ext::bus::Clock;
use kaa_ext::prelude::*;
use kaa_ext::{Builder, Config, Description, Running, StartError};
use schemars::JsonSchema;
use serde::Serialize;

/// What a device gets.
#[derive(Debug, Serialize, JsonSchema)]
struct Time {
    /// Milliseconds since the beginning of 1970 in UTC, when the answer was made.
    timestamp: i64,
}

/// Tells the time. What the device sent is not looked at.
#[resource("/json")]
async fn time(State(clock): State<Clock>) -> Json<Time> {
    Json(Time { timestamp: clock.millis() })
}

fn extension(clock: Clock) -> Builder<Clock> {
    Extension::new("tsx").version(env!("CARGO_PKG_VERSION")).state(clock).resources(resources![time])
}

/// What the service is: its functions, and what it says and hears on NATS.
///
/// # Errors
///
/// [`StartError`]: a name that is none.
pub fn describe(config: &Config) -> Result<Description, StartError> {
    Ok(extension(Clock::System).configure(config).describe()?)
}

/// Starts the service on a bus. It has no settings of its own.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config) -> Result<Running, StartError> {
    let extension = extension(Clock::System).configure(&config).build()?;
    Ok(Running::new(extension.serve(bus).start().await?))
}

#[cfg(test)]
mod tests;
