//! The REST port of a service, for the people and programs that manage it.
//!
//! The routes are axum's, described for OpenAPI where they are written; the document is at `/openapi.json`. What all
//! ports share is here: where to listen, who may ask, limits, errors (RFC 9457), the end.
//!
//! | limit | |
//! |---|---|
//! | connections | 256, one request each |
//! | head | 8 KiB, 5 s |
//! | body | 1 MiB (413), 10 s (408) |
//! | handler | 30 s ([`HANDLER_TIMEOUT`], 504) |
//!
//! Without a token only this machine is answered, by the name of this machine; with one, whoever shows it. The port
//! speaks no TLS: beyond the machine, it belongs behind something that does.

mod access;
mod config;
mod desk;
mod error;
mod limit;
mod problem;
mod server;
#[cfg(test)]
mod tests;

pub use config::RestConfig;
pub use desk::HANDLER_TIMEOUT;
pub use error::RestError;
pub use limit::Limit;
pub use problem::{Json, Path, Problem, Query};
pub use server::RestServer;
pub use utoipa_axum::{router::OpenApiRouter as Api, routes};
