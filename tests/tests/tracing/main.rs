//! Traces: one request of a device, seen from all the services that it passes.
//!
//! | room | what is proven |
//! |---|---|
//! | [`chain`] | every message of a request says which trace it belongs to, on both buses |
//! | [`spans`] | each service is a span whose parent is the one before it, at a collector |
//! | [`processes`] | the same of real services; a collector that is away or hangs costs spans and nothing else |
//! | [`strangers`] | services that were written by hand: no headers, other headers, malformed ones |
//! | [`secrets`] | what no log says, whatever it is asked for |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod chain;
mod collector;
mod platform;
mod processes;
mod secrets;
mod spans;
mod strangers;
