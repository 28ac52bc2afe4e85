//! Calling an extension in a test as devices and other services would: in the process, or on a real server.
//!
//! [`TestKaa`] plays the communication service on an in-process bus. The messages are the ones of a
//! real cluster, down to the bytes; only the wire is missing, and `KAA_TEST_NATS=nats-server` brings it
//! along ([`Venue`]). With tokio's paused time
//! (`start_paused = true`, feature `test-util`) hours of waiting take no time at all.
//!
//! ```
//! use kaa_ext::prelude::*;
//! use kaa_ext::testing::TestKaa;
//!
//! #[resource("/greet/{name}")]
//! async fn greet(name: String) -> String {
//!     format!("Hello, {name}!")
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kaa_ext::BuildError> {
//! let kaa = TestKaa::start(Extension::new("greeter").resources(resources![greet]).build()?).await;
//! let device = kaa.endpoint("ep-1");
//!
//! device.request("/greet/Ada").await.assert_status(200).assert_text("Hello, Ada!");
//! device.request("/wave").await.assert_status(404);
//! # Ok(())
//! # }
//! ```
//!
//! # Panics
//!
//! Everything here panics with a sentence when it does not get what the test asked for: that is how
//! a test fails.

#![allow(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

mod communication;
mod device;
mod faults;
mod nats_server;
mod provider;
mod quiet;
mod receiver;
mod reply;
mod service;
mod settings;
mod switchboard;
mod venue;

pub use communication::TestKaa;
pub use device::{Device, TestRequest};
pub use provider::Answering;
pub use receiver::{Confirming, TestEvents};
pub use reply::TestReply;
pub use service::TestService;
pub use settings::settings;
pub use venue::Venue;
