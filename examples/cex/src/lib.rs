//! Command execution: commands (11/CEP) for devices, from people (REST) and services (12/CIP).
//!
//! ```text
//! POST /endpoints/…/commands/… ──► rest ──┐           ┌──► push, if it observes
//!                                         ├─► Commands ┤                          ► device
//! CommandInvocationRequest ─────► agent ──┘     ▲     └──► /command, when it asks
//!                                               └───────── /result ◄───────────── device
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `commands` | the commands and what became of them, in memory, bounded |
//! | `observers` | the devices that want commands pushed |
//! | `order` | a command is given: kept, and pushed |
//! | `device` | what devices ask and say |
//! | `rest`, `agent` | who gives commands |
//! | `settings` | how many, and for how long |

mod agent;
mod commands;
mod device;
mod observers;
mod order;
mod rest;
mod settings;

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::{Builder, Config, Description, Limits, Running, StartError, Turns};

use commands::Commands;
use observers::Observers;
pub use settings::Settings;

/// What all parts work on.
#[derive(Clone, FromRef)]
struct App {
    commands: Arc<Commands>,
    observers: Arc<Observers>,
    turns: Turns,
}

impl App {
    fn new(settings: &Settings) -> Self {
        Self {
            commands: Arc::new(Commands::new(settings)),
            observers: Arc::new(Observers::new(settings.observers)),
            turns: Turns::default(),
        }
    }

    fn extension(self, settings: &Settings) -> Builder<Self> {
        let limits = Limits::default();
        // A service may wait as long as its command.
        let handler_timeout = limits.handler_timeout.max(settings.ttl);
        Extension::new("cex")
            .version(env!("CARGO_PKG_VERSION"))
            .limits(Limits { handler_timeout, ..limits })
            .state(self)
            .resources(resources![device::command, device::result])
            .services(services![agent::invoke])
    }
}

/// What the service is: its functions, and what it says and hears on NATS.
///
/// # Errors
///
/// [`StartError`]: a name that is none.
pub fn describe(config: &Config<Settings>) -> Result<Description, StartError> {
    Ok(App::new(&config.extension).extension(&config.extension).configure(config).describe()?)
}

/// Starts the service on a bus.
///
/// # Errors
///
/// [`StartError`]: what kept it from starting.
pub async fn start(bus: Bus, config: Config<Settings>) -> Result<Running, StartError> {
    let app = App::new(&config.extension);
    let extension = app.clone().extension(&config.extension).configure(&config).build()?;
    let server = extension.serve(bus).start().await?;
    Running::with_rest(server, &config.extension.rest, rest::api(app)).await
}

#[cfg(test)]
mod tests;
