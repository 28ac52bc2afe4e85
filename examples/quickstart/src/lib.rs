//! The extension service of the README: five resources that show how one is written.
//!
//! | resource | what it shows |
//! |---|---|
//! | `/json` | JSON in, JSON out |
//! | `/echo` | bytes in, bytes out |
//! | `/greet/{name}` | a path parameter |
//! | `/count` | state, and who is asking |
//! | `/config/json[/{config_name}]` | optional parts, errors, pushes |

mod configuration;
mod counting;
mod simple;

use kaa_ext::{Builder, prelude::*};

pub use configuration::Configurations;
pub use counting::Counts;

/// What the resources share.
#[derive(Clone, Default, FromRef)]
pub struct App {
    /// How often each endpoint asked `/count`.
    pub counts: Counts,
    /// The configurations devices may ask for.
    pub configurations: Configurations,
}

/// The whole service: a name, a state, a list of functions.
pub fn extension(app: App) -> Builder<App> {
    Extension::new("quickstart").version(env!("CARGO_PKG_VERSION")).state(app).resources(resources![
        simple::samples,
        simple::echo,
        simple::greet,
        counting::count,
        configuration::config,
    ])
}
