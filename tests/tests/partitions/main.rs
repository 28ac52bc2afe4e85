//! What becomes of requests, pushes, samples and configurations when the network between a process and nats-server, or
//! between two of its servers, lets nothing through one way or both, and neither end is told.
//!
//! | room | what is cut |
//! |---|---|
//! | [`cable`] | nothing yet: what the fixture promises |
//! | [`extension`] | a replica of an extension from the bus |
//! | [`communication`] | the communication service from the bus |
//! | [`samples`] | the receiver of samples from those who wait for its receipts |
//! | [`configuration`] | replicas of `cmx` from each other |
//! | [`cluster`] | one of three servers from the others |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod cable;
mod cluster;
mod communication;
mod configuration;
mod extension;
mod samples;
mod site;
