//! HTTP connections from the outside: bytes in, bytes out. Time is paused: waiting takes none.

mod draining;
mod limits;
mod malformed;
mod requests;
mod sockets;
mod timeouts;
mod upgrades;
mod world;
