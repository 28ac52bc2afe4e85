//! The relay between clients and extensions: real extensions where they do what is needed, and one that a
//! test plays by hand where they never would. Time is paused: waiting takes none.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod connections;
mod dialects;
mod interleavings;
mod limits;
mod pins;
mod presence;
mod pushes;
mod requests;
mod stopping;
mod taken;
mod world;
