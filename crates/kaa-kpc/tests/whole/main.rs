//! The communication service as a whole: real sockets in front, extensions and providers on a memory bus
//! behind.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod applications;
#[path = "../listen/certificates.rs"]
#[allow(dead_code, reason = "some of it is for the tests of listeners")]
mod certificates;
mod client_certificates;
mod clients;
mod connection_limits;
mod device;
mod packet_limits;
mod presence;
mod provider;
mod request_limits;
mod stopping;
mod tokens;
mod web;
mod world;
