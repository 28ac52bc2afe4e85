//! Listeners on real sockets of this machine, with clients of tokio, std and rustls.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod accepting;
mod certificates;
mod client_certificates;
mod limits;
mod slow_clients;
mod stopping;
mod tls;
mod tls_files;
mod world;
