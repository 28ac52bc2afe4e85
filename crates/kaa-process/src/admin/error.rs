//! Why there is no admin port.

use std::io;
use std::net::SocketAddr;

/// An admin port that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// Others than this machine could read it.
    #[error(
        "the admin port asks nobody who they are, so it does not listen on {address}; set admin.listen \
         (ADMIN_LISTEN) to a loopback address, or admin.insecure-listen (ADMIN_INSECURE_LISTEN) to true where only \
         operators can reach it"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// Somebody else listens there.
    #[error(
        "the admin port {address} is taken; stop what listens there, or set admin.listen (ADMIN_LISTEN) to another \
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
        "the admin port cannot listen on {address}; set admin.listen (ADMIN_LISTEN) to an address of this machine and \
         a port above 1023"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl AdminError {
    pub(super) fn listen(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::Taken { address, source }
        } else {
            Self::Listen { address, source }
        }
    }
}
