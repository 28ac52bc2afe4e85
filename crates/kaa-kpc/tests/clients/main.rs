//! Who may connect, decided by tables and by providers that a test plays by hand. Time is paused: waiting
//! takes none.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod cap;
mod ecap;
mod guesses;
mod revocation;
mod secrets;
mod tables;
mod world;
