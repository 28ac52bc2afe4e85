//! What becomes of requests, pushes and presence when a process between a device and its extension stops,
//! freezes or is killed. Everything is a process but the devices, which are rumqttc and curl.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod faults;
mod presence;
mod roaming;
mod stopping;
