//! How every command reaches NATS: the flags, the configuration behind them, and the connection.

use clap::Args;
use kaa_ext::bus::{Bus, ConnectError};
use kaa_ext::{Config, ConfigError, NatsConfig, NatsConfigError};

/// Which server; everything else about it comes from the environment (NATS_URLS, NATS_TOKEN, …) and the file
/// named by KAA_CONFIG, as an extension takes it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// The server [default: NATS_URLS or nats://127.0.0.1:4222]
    #[arg(long, value_name = "URL", global = false)]
    nats: Option<String>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Entry(#[from] NatsConfigError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl Connection {
    /// The configuration, with what the flags say over it.
    pub(crate) fn config(&self) -> Result<NatsConfig, ConfigError> {
        let mut config = Config::load()?;
        if let Some(url) = &self.nats {
            config.nats.urls = vec![url.clone()];
        }
        Ok(config.nats)
    }

    /// Connects; the server lists the connection under `name`.
    pub(crate) async fn open(&self, name: &str) -> Result<Bus, ConnectionError> {
        let options = self.config()?.options()?;
        Ok(Bus::nats(options.name(name)).await?)
    }
}
