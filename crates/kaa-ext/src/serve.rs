//! Serving: from the bus through intake, admission and lanes to the handlers and back.
//!
//! ```text
//! Bus delivery -> entrance -> intake -> admission -> lanes -> guard(layers -> router -> resource) -> outlet
//! ```
//!
//! One task receives. It decodes a message, admits it and polls its handler once, right there; most
//! handlers are done with that. Only a handler that has to wait becomes a task of its own, and the
//! following messages of its endpoint wait in its lane. So the receiving task never waits for a
//! handler, and order within an endpoint holds.

mod admission;
mod dispatcher;
mod done;
mod entrance;
mod guard;
mod intake;
mod lanes;
mod server;
mod spare;
mod station;

pub(crate) use entrance::{Place, Reception};
pub use server::{Serve, ServeError, Server, Stopped};
