//! The connection to the bus.

use std::error::Error;
use std::fmt;

use futures_util::future::BoxFuture;
use kaa_bus::Bus;
use tokio::time::timeout;

use crate::limits::CONNECT;

type Connecting = BoxFuture<'static, Result<Bus, Box<dyn Error + Send + Sync>>>;

/// Where connections come from.
pub(crate) enum Source {
    /// One that is there anyway.
    Shared(Bus),
    /// One that is made when it is needed.
    Made(Box<dyn Fn() -> Connecting + Send + Sync>),
}

/// There is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("the console cannot connect to the bus: {0}")]
    Connect(Box<dyn Error + Send + Sync>),
    #[error("the console cannot connect to the bus within {CONNECT:?}; look whether nats-server runs")]
    TimedOut,
}

impl Source {
    /// A connection, which lasts as long as it is held.
    pub(crate) async fn open(&self) -> Result<Bus, SourceError> {
        match self {
            Self::Shared(bus) => Ok(bus.clone()),
            Self::Made(connect) => match timeout(CONNECT, connect()).await {
                Ok(connected) => connected.map_err(SourceError::Connect),
                Err(_) => Err(SourceError::TimedOut),
            },
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "Shared",
            Self::Made(_) => "Made",
        })
    }
}
