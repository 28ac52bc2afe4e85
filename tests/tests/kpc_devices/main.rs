//! Devices on clients that other people wrote, against `kaa-kpc`, quickstart and another extension on a real
//! nats-server; all of them processes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod curl;
mod mosquitto;
mod script;
mod tls;
mod world;
