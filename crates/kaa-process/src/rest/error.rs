//! Why there is no REST port.

use std::io;
use std::net::SocketAddr;

use crate::config::SecretError;

/// A REST port that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// Everybody who can reach it could manage the service.
    #[error(
        "the REST port asks for no token, so it does not listen on {address}; set rest.token-file (REST_TOKEN_FILE), \
         or rest.listen (REST_LISTEN) to a loopback address, or rest.insecure-listen (REST_INSECURE_LISTEN) to true \
         where only operators can reach it"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// Somebody else listens there.
    #[error(
        "the REST port {address} is taken; stop what listens there, or set rest.listen (REST_LISTEN) to another \
         address, or to off"
    )]
    Taken {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let the process listen there.
    #[error(
        "the REST port cannot listen on {address}; set rest.listen (REST_LISTEN) to an address of this machine and \
         a port above 1023"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The token cannot be had.
    #[error(transparent)]
    Token(#[from] SecretError),
    /// Anybody could show such a token.
    #[error("rest.token (REST_TOKEN) is empty; set it to a secret, or leave it out")]
    EmptyToken,
}

impl RestError {
    pub(super) fn listen(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::Taken { address, source }
        } else {
            Self::Listen { address, source }
        }
    }
}
