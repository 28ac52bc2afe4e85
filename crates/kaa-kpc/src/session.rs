//! One MQTT connection from CONNECT to its end, and all of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::front::Front;
use crate::identity::Revocation;
use crate::listen::Peer;

/// All sessions. SKELETON.
#[derive(Debug, Default)]
pub struct Sessions {
    draining: watch::Sender<bool>,
    revocations: AtomicU64,
}

impl Sessions {
    /// Ends the sessions that rest on what was revoked.
    pub fn revoke(&self, _revocation: &Revocation) {
        self.revocations.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets no session read any more: they end when their last answer is out.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Waits until [`drain`](Self::drain) is called, or was.
    pub(crate) fn draining(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut draining = self.draining.subscribe();
        async move {
            // Without its sender, everything ends as well.
            let _ = draining.wait_for(|draining| *draining).await;
        }
    }

    /// How often something was revoked: what was checked before the number changed is to be checked again.
    pub(crate) fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Relaxed)
    }
}

/// Serves one MQTT connection to its end. SKELETON.
pub(crate) async fn serve<Io>(_front: Arc<Front>, _io: Io, _peer: Peer)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let _: Option<SocketAddr> = None;
}
