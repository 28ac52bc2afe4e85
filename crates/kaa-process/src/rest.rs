//! The REST port of a service, for the people and programs that manage it.
//!
//! The routes are axum's, described for OpenAPI where they are written; the document is at `/openapi.json`. What all
//! ports share is here: where to listen, who may ask, limits, errors (RFC 9457), the end.

mod config;
mod error;
mod problem;
mod server;

pub use axum;
pub use config::RestConfig;
pub use error::RestError;
pub use problem::{Json, Path, Problem, Query};
pub use server::RestServer;
pub use utoipa;
pub use utoipa_axum::{router::OpenApiRouter as Api, routes};
