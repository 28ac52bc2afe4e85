//! Why a communication service does not start.

use std::net::SocketAddr;

use kaa_bus::SubscribeError;

use crate::identity::clients::AuthenticatorError;
use crate::identity::tokens::TokensError;
use crate::listen::{BindError, TlsError};
use crate::options::OptionsError;

/// Why a communication service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Anybody could be anyone.
    #[error(
        "listen.{name} ({address}) is not a loopback address, and nobody would be asked who it is: `clients` \
         is `none` and `tokens` is `trustful`; configure one of them, listen on 127.0.0.1, or set \
         listen.insecure (--insecure-listen)"
    )]
    Unauthenticated {
        /// The listener.
        name: &'static str,
        /// Where it was to be.
        address: SocketAddr,
    },
    /// Anybody could read along.
    #[error(
        "listen.{name} ({address}) is not a loopback address, and has no TLS, so passwords and tokens could \
         be read on the way; use listen.{secure}, or set listen.insecure (--insecure-listen) when TLS \
         ends before this service"
    )]
    Readable {
        /// The listener.
        name: &'static str,
        /// What it is called with TLS.
        secure: &'static str,
        /// Where it was to be.
        address: SocketAddr,
    },
    /// A listener has no certificate.
    #[error("listen.{name} needs a certificate; set listen.tls.certificate-file and listen.tls.key-file")]
    NoCertificate {
        /// The listener.
        name: &'static str,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Applications or extensions are not in order.
    #[error(transparent)]
    Applications(#[from] OptionsError),
    /// Clients cannot be told apart.
    #[error(transparent)]
    Clients(#[from] AuthenticatorError),
    /// Tokens cannot be looked up.
    #[error(transparent)]
    Tokens(#[from] TokensError),
    /// The bus does not let it listen to extensions.
    #[error("extensions cannot be listened to")]
    Bus(#[from] SubscribeError),
}
