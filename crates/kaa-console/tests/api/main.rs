//! The console as a browser sees it, beside services on a bus in the process.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod flood;
mod handlers;
mod sending;
mod watching;
