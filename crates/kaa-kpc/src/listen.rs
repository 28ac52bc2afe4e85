//! Sockets: who may connect, how many, with TLS or without.

use std::net::SocketAddr;

use tokio::time::Instant;

use crate::identity::clients::ClientCertificate;

/// The other end of a connection. SKELETON.
#[derive(Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// The certificate it has shown.
    pub certificate: Option<ClientCertificate>,
    /// When it came.
    pub since: Instant,
    /// Its place among the connections, given back when this is dropped.
    pub slot: Slot,
}

/// A place among the connections: counted in total, per address, and, until
/// [`logged_in`](Self::logged_in), among those whose client is not known.
#[derive(Debug, Default)]
pub struct Slot {}

impl Slot {
    /// The client is known from now on.
    pub fn logged_in(&mut self) {}
}
