//! 1/KP over HTTP, and the way to MQTT over WebSocket.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::front::Front;
use crate::listen::Peer;

/// What an HTTP listener offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    /// `POST /kp1/…`.
    pub(crate) requests: bool,
    /// MQTT over WebSocket at `/ws`.
    pub(crate) websocket: bool,
}

/// Serves one HTTP connection to its end. SKELETON.
pub(crate) async fn serve<Io>(_front: Arc<Front>, _io: Io, _peer: Peer, _offer: Offer)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
}
