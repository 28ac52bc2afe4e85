//! What `#[resource]`, `resources!` and `#[derive(FromRef)]` make of a program without mistakes.
//! (What they say about mistakes is in `ui.rs`.) The lints an extension may have switched on must
//! find nothing in what the macros write.

#![deny(missing_docs, unreachable_pub, unused, deprecated, clippy::all, clippy::pedantic)]

mod callable;
mod hygiene;
mod lists;
mod paths;
mod pieces;
