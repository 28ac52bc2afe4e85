//! The services together: devices on MQTT and HTTP, people on REST, and between them `kaa-kpc`, the example services
//! and a nats-server with JetStream, all of them processes.
//!
//! | room | what is proven |
//! |---|---|
//! | [`data`] | samples: 200 when they are stored, the right code when they are not |
//! | [`receivers`] | samples whose receiver is silent, late, wrong or says it twice |
//! | [`configuration`] | from REST to the device and back |
//! | [`providers`] | configurations outlive what keeps them, and are the same everywhere |
//! | [`commands`] | from REST to the device and back, now and later |
//! | [`about`] | metadata, presence, time, the outcome of a request |
//! | [`credentials`] | who is let in, and who is cut off |
//! | [`permissions`] | what a service may not do, what it says then, and that each of its lines is needed |
//! | [`kills`] | what got 200 is stored, once, whatever is killed |

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod about;
mod commands;
mod configuration;
mod credentials;
mod data;
mod kills;
mod permissions;
mod providers;
mod receivers;
