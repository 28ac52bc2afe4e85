//! Write Kaa extension services the way you write axum handlers.
//!
//! A device asks through a communication service; its request arrives on the bus, finds the
//! resource its path names, and what the function returns goes back as the answer:
//!
//! ```text
//! device --MQTT/HTTP--> communication service --ClientData--> bus --> your function
//!        <-------------                       <-ExtensionData--   <--
//! ```
//!
//! ```
//! use kaa_ext::prelude::*;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Sample { humidity: f64 }
//!
//! #[derive(Serialize)]
//! struct Accepted { accepted: usize }
//!
//! /// Takes a batch of samples.
//! #[resource("/json")]
//! async fn samples(Json(samples): Json<Vec<Sample>>) -> Json<Accepted> {
//!     Json(Accepted { accepted: samples.iter().filter(|sample| sample.humidity >= 0.0).count() })
//! }
//!
//! # fn example() -> Result<Extension, kaa_ext::BuildError> {
//! Extension::new("dcx").resources(resources![samples]).build()
//! # }
//! ```
//!
//! `.run()` instead of `.build()` reads the configuration from file and environment, connects to
//! NATS and serves until SIGTERM. See [`testing`] for how to call an extension in a test as a
//! device would.
//!
//! # The rooms
//!
//! | room | what lives there |
//! |---|---|
//! | [`Extension`], [`Builder`] | putting an extension together |
//! | [`resource`], [`resources!`](crate::resources) | functions as resources: what devices ask |
//! | [`listener`], [`listeners!`](crate::listeners) | functions as listeners: what other services announce |
//! | [`service`], [`services!`](crate::services) | functions as services: what other services ask |
//! | [`extract`] | what a function may ask for |
//! | [`IntoReply`], [`ReplyError`], [`Failure`] | what it may return |
//! | [`State`], [`FromRef`] | the state it works on |
//! | [`Session`], [`Sessions`], [`Turns`] | the way back to a device, and who is next to send on it |
//! | [`bus::Messaging`] | events and requests to other services |
//! | [`Dialect`] | 4/ESP and its predecessor |
//! | [`Serve`], [`Server`], [`Counters`], [`Limits`], [`Overload`] | running it |
//! | [`run`](fn@run), [`run_shards`], [`Running`] | a service of an extension and what stands beside it; on several cores |
//! | [`describe`], [`Description`] | what an extension is, as data: routes, AsyncAPI, discovery |
//! | [`Config`], [`Settings`](trait@Settings), [`Layers`] | defaults, file, environment, flags |
//! | [`logs`], [`signals`], [`error`] | what a program of its own needs, one that runs several services for example |
//! | [`testing`] | devices without a server |
//!
//! # What is promised
//!
//! - Requests of one endpoint are handled in the order they arrived, different endpoints at the
//!   same time.
//! - Every message is counted, once ([`Counters`]), and every request that can be answered is: also
//!   when the handler panics (500), takes too long (504) or there is too much to do (503).
//! - Delivery over the bus is at most once. A device knows that a request was handled when it gets
//!   its answer, and not before.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../docs/configuration.md")]
#[doc = include_str!("../../../docs/first-extension.md")]
#[doc = include_str!("../../../docs/how-to/custom-extractor.md")]
#[doc = include_str!("../../../docs/how-to/custom-layer.md")]
#[doc = include_str!("../../../docs/how-to/push-and-commands.md")]
#[doc = include_str!("../../../docs/how-to/testing.md")]
#[doc = include_str!("../../../docs/operating.md")]
#[doc = include_str!("../../../docs/writing-an-extension.md")]
mod book {}

mod admin;
mod config;
mod console;
mod copies;
mod counters;
pub mod describe;
mod discovery;
mod envelope;
mod extension;
pub mod extract;
mod failure;
mod figures;
mod limits;
mod listener;
mod message;
mod outlet;
mod overload;
mod pipeline;
pub mod prelude;
mod reply;
mod request;
mod resource;
mod router;
mod run;
mod running;
mod serve;
mod service;
mod session;
pub mod settings;
mod span;
mod state;
mod status;
pub mod testing;
mod texts;
mod time;
mod turns;

pub use kaa_bus as bus;
pub use kaa_ext_macros::{FromRef, Settings, listener, resource, service};
pub use kaa_process::__private::Settings;
pub use kaa_process::admin::{AdminConfig, AdminError};
pub use kaa_process::config::{
    ConfigError, Environment, InstanceConfig, Layers, Loaded, NatsConfig, NatsConfigError, Origin, Program,
    Secret, SecretError, TlsConfig,
};
pub use kaa_process::program;
#[cfg(feature = "rest")]
pub use kaa_process::rest;
pub use kaa_process::signals::SignalsError;
pub use kaa_process::trace::{self, TracingConfig};
pub use kaa_process::{error, logs, signals};
pub use kaa_protocol as protocol;
#[cfg(feature = "sqlite")]
pub use kaa_sqlite as sqlite;

pub use config::{Config, LimitsConfig, ServiceConfig};
pub use counters::Counters;
pub use describe::Description;
pub use extension::{BuildError, Builder, Extension};
pub use failure::{Failure, ReplyError};
pub use kaa_protocol::dialect::Dialect;
pub use limits::Limits;
pub use listener::{Listener, ListenerDef, ListenerOutcome};
pub use message::{EventType, RequestType};
pub use overload::Overload;
pub use pipeline::Pipeline;
pub use reply::{Holding, IntoReply, Reply};
pub use request::Request;
pub use resource::{HandlerFuture, Location, Resource, ResourceDef};
pub use run::{RunError, run, run_shards};
pub use running::{Running, StartError};
pub use serve::{Serve, ServeError, Server, Stopped};
pub use service::{ServiceDef, ServiceOutcome, TargetedService};
pub use session::{PushError, Session, Sessions, StoredSession};
pub use state::{FromRef, State};
pub use status::{ErrorStatus, SuccessStatus};
pub use time::Deadline;
pub use turns::{Turn, Turns};
