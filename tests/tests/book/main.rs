//! The book, `docs/`: that it is whole, and that what stands in it is so. Rust blocks are compiled as doc tests, or
//! stand in a file here; shell blocks are typed in by the test `readmes`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod blocks;
#[allow(clippy::disallowed_methods, reason = "what is written without the SDK has no clock of its own")]
mod by_hand;
mod extension;
mod links;
mod manifests;
mod mixed_fleet;
mod pages;
#[allow(dead_code, reason = "a program whose beginning is the one of the tests")]
mod plants;
mod programs;
mod scaling;
mod summary;
