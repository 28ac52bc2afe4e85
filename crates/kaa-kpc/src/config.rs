//! What an operator can set: defaults, below a YAML file, below the environment, below flags.
//!
//! ```yaml
//! service:
//!   instance: { name: kpc }
//! nats:
//!   urls: [ "nats://10.0.0.1:4222" ]
//! listen:
//!   mqtts: 0.0.0.0:8883
//!   https: 0.0.0.0:8443
//!   tls: { certificate-file: /etc/kaa/server.pem, key-file: /etc/kaa/server.key }
//! clients: { mode: ecap, provider: ccm }
//! tokens: { mode: ecap, provider: ccm }
//! extensions:
//!   dcx: {}
//!   tsx: { endpoint-aware: false }
//! ```

mod clients;
mod listen;
mod requests;
mod service;
mod tokens;
mod variables;

use std::collections::BTreeMap;
use std::path::Path;

use kaa_process::admin::AdminConfig;
use kaa_process::config::{self, ConfigError, InstanceConfig, NatsConfig};
use serde::Deserialize;

pub use clients::ClientsConfig;
pub use listen::ListenConfig;
pub use requests::RequestsConfig;
pub use service::ServiceConfig;
pub use tokens::TokensConfig;

use crate::applications::{ApplicationOptions, ApplicationsOptions, ExtensionOptions};
use crate::kpc::KpcOptions;
use crate::limits::Limits;
use crate::relay::RelayOptions;

/// Everything an operator can set. An unknown entry is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// `service`: who this is, and how it works.
    pub service: ServiceConfig,
    /// `nats`: the bus.
    pub nats: NatsConfig,
    /// `listen`: where devices connect.
    pub listen: ListenConfig,
    /// `clients`: which of them may.
    pub clients: ClientsConfig,
    /// `tokens`: which endpoints they speak for. There is no default: it has to be said.
    pub tokens: Option<TokensConfig>,
    /// `applications`: by name; none for whatever devices say.
    pub applications: BTreeMap<String, ApplicationOptions>,
    /// `extensions`: by instance name; none for whatever there is on the bus.
    pub extensions: BTreeMap<String, ExtensionOptions>,
    /// `requests`: how many wait for extensions, and how long.
    pub requests: RequestsConfig,
    /// `limits`: what a client may do, and how long it may take.
    pub limits: Limits,
    /// `admin`: health and metrics.
    pub admin: AdminConfig,
}

impl Config {
    /// Reads the file, puts the environment over it, and over that the flags. `flag` knows the values of
    /// flags by their names with dashes, such as `--nats`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming file and line, the variable, or the flag.
    pub fn load(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
        flag: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut config: Self = config::read_or_default(file)?;
        config::apply(&mut config.service.instance, InstanceConfig::VARIABLES, &environment)?;
        config::apply(&mut config.nats, NatsConfig::VARIABLES, &environment)?;
        config::apply(&mut config.admin, AdminConfig::VARIABLES, &environment)?;
        config::apply(&mut config, variables::ENVIRONMENT, &environment)?;
        config::apply(&mut config, variables::FLAGS, &flag)?;
        Ok(config)
    }

    /// What [`Kpc::start`](crate::Kpc::start) needs.
    ///
    /// # Errors
    ///
    /// [`UnsaidError`] when it is not said where endpoints come from.
    pub fn options(&self) -> Result<KpcOptions, UnsaidError> {
        let tokens = self.tokens.as_ref().ok_or(UnsaidError)?;
        let mut relay = RelayOptions::default();
        self.service.apply(&mut relay);
        self.requests.apply(&mut relay);
        Ok(KpcOptions {
            relay,
            limits: self.limits,
            applications: ApplicationsOptions {
                applications: self.applications.clone(),
                extensions: self.extensions.clone(),
            },
            tokens: tokens.options(),
            clients: self.clients.options(),
            listeners: self.listen.listeners(),
            insecure_listen: self.listen.insecure,
        })
    }
}

/// It is not said which endpoints tokens stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "`tokens` is not set, so no device could say for whom it speaks; for development use --trustful (every token \
     is its own endpoint), otherwise set tokens.mode to `ecap` (a provider on the bus) or `static` (a table)"
)]
pub struct UnsaidError;

#[cfg(test)]
mod tests;
