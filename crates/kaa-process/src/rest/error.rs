//! Why there is no REST port.

use std::io;
use std::net::SocketAddr;

/// A REST port that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// The system does not let the process listen there.
    // SKELETON: Exposed, Taken, Token as AdminError has them.
    #[error(
        "the REST port cannot listen on {address}; set rest.listen (REST_LISTEN) to another address, or to off"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}
