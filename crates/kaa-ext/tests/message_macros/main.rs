//! What `#[listener]`, `#[service]` and their lists make of a program without mistakes. (What they say
//! about mistakes is in `ui.rs`, how listeners and services behave in `behaviour`.) The lints an
//! extension may have switched on must find nothing in what the macros write.

#![deny(missing_docs, unreachable_pub, unused, deprecated, clippy::all, clippy::pedantic)]

mod callable;
mod definitions;
mod hygiene;
mod pieces;
