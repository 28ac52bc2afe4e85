//! A whole little platform in one process: the communication service, its extensions, three simulated
//! devices and somebody who operates them, with a transcript of what they say to each other.
//!
//! ```text
//!  device ──MQTT──► kaa-kpc ──► bus ──► dcx ──► epts      stores samples, tells series over REST
//!  device ◄───────          ◄──     ◄── cmx ◄── cdp ◄─┐   keeps configurations
//!  device                               cex ◄─────────┤   sends commands
//!                                       …             └── operator, over REST
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`options`] | what can be asked for: the flags |
//! | `ports` | whether the ports can be had, all at once |
//! | `data` | the directory of the databases |
//! | `platform` | starts and stops everything |
//! | `device` | a simulated device: sends samples, applies configurations, runs commands |
//! | `operator` | changes configurations and sends commands now and then |
//! | `paths` | the paths of the REST ports |
//! | `caller` | calls of REST ports |
//! | `welcome` | where everything is, and lines to copy and paste |
//! | [`transcript`] | who said what to whom, and what the answer was |
//! | `summary` | what came of it all |
//! | `run` | all of it, from start to end |

mod caller;
mod data;
mod device;
mod error;
mod operator;
pub mod options;
mod paths;
mod platform;
mod ports;
mod run;
mod summary;
pub mod transcript;
mod welcome;

#[cfg(test)]
mod tests;

pub use error::DemoError;
pub use options::Options;
pub use ports::{PortProblem, PortsError};
pub use run::run;
pub use summary::{Summary, Tally};
pub use transcript::Transcript;

/// The application version of the simulated devices.
const APP_VERSION: &str = "demo-v1";
/// The simulated devices: names, tokens and endpoints are the same.
const DEVICES: [&str; 3] = ["greenhouse", "cellar", "roof"];
