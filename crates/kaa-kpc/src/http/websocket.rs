//! MQTT over WebSocket (RFC 6455): how a request becomes a stream of bytes.
//!
//! | module | idea |
//! |---|---|
//! | [`handshake`] | the request that asks for it |
//! | [`frames`] | what a client sends |
//! | [`stream`] | bytes in binary messages |
//!
//! The Origin of a request is not looked at. It protects sites whose browsers log in by themselves, with a
//! cookie. Here nothing but the CONNECT packet logs in, and a page has no credentials for it but its own.

mod frames;
pub(super) mod handshake;
mod stream;

use std::io;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

pub(super) use stream::ByteStream;

use super::guard::Guard;

/// The socket of a connection that was upgraded.
///
/// # Errors
///
/// When the client is gone, or has sent something before it was answered, which it must not (RFC 6455,
/// section 4.1): it would be bytes of a WebSocket that were looked at as HTTP.
pub(super) async fn upgraded<Io>(upgrade: OnUpgrade) -> io::Result<Io>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgraded = upgrade.await.map_err(io::Error::other)?;
    let parts = upgraded.downcast::<TokioIo<Guard<Io>>>().map_err(|_| io::ErrorKind::InvalidInput)?;
    if !parts.read_buf.is_empty() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(parts.io.into_inner().into_inner())
}
