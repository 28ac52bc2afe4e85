//! What an operator can set.
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

use std::collections::BTreeMap;

use kaa_process::admin::AdminConfig;
use kaa_process::config::{Command, ConfigError, Environment, Layers, NatsConfig, Settings, Switch};
use kaa_process::trace::TracingConfig;
use serde::{Deserialize, Serialize};

pub use clients::ClientsConfig;
pub use listen::ListenConfig;
pub use requests::RequestsConfig;
pub use service::ServiceConfig;
pub use tokens::TokensConfig;

use crate::applications::{ApplicationOptions, ApplicationsOptions, ExtensionOptions};
use crate::kpc::KpcOptions;
use crate::limits::Limits;
use crate::relay::RelayOptions;

/// `kaa-kpc hash-password`.
pub const HASH_PASSWORD: Command = Command {
    name: "hash-password",
    doc: "read a password from standard input and print its hash, for clients.passwords in the file",
    json: false,
};

/// `kaa-kpc permissions`.
pub const PERMISSIONS: Command = Command {
    name: "permissions",
    doc: "print the least permissions on NATS with this configuration, for a user of nats-server",
    json: true,
};

const TRUSTFUL: Switch = Switch {
    flag: "--trustful",
    key: "tokens.mode",
    value: "trustful",
    doc: "for development: every token is its own endpoint",
};

/// Everything an operator can set. An unknown entry is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// Who this is, and how it works.
    pub service: ServiceConfig,
    /// The bus.
    pub nats: NatsConfig,
    /// Where devices connect.
    pub listen: ListenConfig,
    /// Which of them may.
    pub clients: ClientsConfig,
    /// Which endpoints they speak for. There is no default: it has to be said.
    pub tokens: Option<TokensConfig>,
    /// By name; none for whatever devices say.
    pub applications: BTreeMap<String, ApplicationOptions>,
    /// By instance name; none for whatever there is on the bus.
    pub extensions: BTreeMap<String, ExtensionOptions>,
    /// How many wait for extensions, and how long.
    pub requests: RequestsConfig,
    /// What a client may do, and how long it may take.
    pub limits: Limits,
    /// Health and metrics.
    pub admin: AdminConfig,
    /// Where spans are sent.
    pub tracing: TracingConfig,
}

impl Config {
    /// Where it comes from, and what is asked of the program: the command line, the environment, and the file that one
    /// of them names.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what is not understood of the command line.
    pub fn layers(
        environment: Environment,
        words: impl IntoIterator<Item = String>,
    ) -> Result<Layers<Self>, ConfigError> {
        let program = kaa_process::program!().switch(TRUSTFUL).command(HASH_PASSWORD).command(PERMISSIONS);
        Layers::new(program, environment, words)
    }

    /// The same with what holds where nothing is set.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.service.instance.name.get_or_insert_with(|| RelayOptions::default().instance);
        self.listen = self.listen.settled();
        self
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
