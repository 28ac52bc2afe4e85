//! Tokens whose endpoints a provider knows: a service of the SDK where it does what a provider should, and
//! one that a test plays by hand where none ever would. Time is paused: waiting takes none.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod asking;
mod failing;
mod limits;
mod revoking;
mod sources;
mod world;
