//! The place of an admin port, taken before there is anything to tell.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{AdminConfig, AdminError};

/// A place where an [`Admin`](super::Admin) can answer. Whoever asks before that waits.
///
/// A service takes it before it takes on any work: one that ends because its port is taken leaves nothing half done.
#[derive(Debug)]
#[must_use = "the place is free again when this is dropped"]
pub struct AdminSocket {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl AdminSocket {
    /// Takes the place that the configuration names, if it names one. When nobody asked for it and it is taken, by
    /// another replica on this machine most likely, there is none, and that is logged.
    ///
    /// # Errors
    ///
    /// [`AdminError`]: the address is not a loopback address, is taken, or cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O.
    pub async fn bind_as(config: &AdminConfig) -> Result<Option<Self>, AdminError> {
        let Some(address) = config.listen else { return Ok(None) };
        match Self::bind(address, config.insecure_listen).await {
            Err(error @ AdminError::Taken { .. }) if config.listen == AdminConfig::default().listen => {
                tracing::warn!("there is no admin port: {error}");
                Ok(None)
            }
            bound => bound.map(Some),
        }
    }

    /// Takes this place; beyond the loopback interface only when told to.
    pub(super) async fn bind(address: SocketAddr, insecure_listen: bool) -> Result<Self, AdminError> {
        if !is_loopback(address) && !insecure_listen {
            return Err(AdminError::Exposed { address });
        }
        let failed = |source| AdminError::listen(address, source);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Whether others than this machine can reach it.
    pub(super) fn is_exposed(&self) -> bool {
        !is_loopback(self.address)
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}
