//! One MQTT connection from CONNECT to its end, and all of them.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::front::Front;
use crate::identity::Revocation;
use crate::listen::Peer;

/// All sessions. SKELETON.
#[derive(Debug, Default)]
pub struct Sessions {}

impl Sessions {
    /// Ends the sessions that rest on what was revoked.
    pub fn revoke(&self, _revocation: &Revocation) {}

    /// Lets no session read any more: they end when their last answer is out.
    pub fn drain(&self) {}
}

/// Serves one MQTT connection to its end. SKELETON.
pub(crate) async fn serve<Io>(_front: Arc<Front>, _io: Io, _peer: Peer)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let _: Option<SocketAddr> = None;
}
