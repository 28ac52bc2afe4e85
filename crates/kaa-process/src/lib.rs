//! What every process of a Kaa service needs at its start and at its end.
//!
//! ```text
//!  start ──► logs ──► config: defaults < file < environment < flags ──► bus, listeners, …
//!                                                                        │
//!  end ◄── admin: not ready ◄── signals: first gracefully, second at once ┘
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`config`] | the layers of a configuration, and the entries that all services share |
//! | [`logs`] | logs on standard error, safe to look at |
//! | [`trace`] | spans of requests, and the traces they belong to |
//! | [`signals`] | SIGTERM and ctrl-c: the first one asks, the second one insists |
//! | [`error`] | an error with all its causes, as a `main` shows it |
//! | [`admin`] | the port for operators: health, readiness, metrics |
//! | `rest` | the port for those who manage a service (feature `rest`) |
//! | [`terminal`] | what may reach a terminal, and whether in colours |
//! | [`request`] | what a port looks at in a request before anybody handles it |
//! | [`metrics`] | counters and gauges that are read when somebody asks for them |

// For the derived code, which names this crate from outside.
extern crate self as kaa_process;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod admin;
pub mod config;
pub mod error;
pub mod logs;
pub mod metrics;
mod port;
pub mod request;
#[cfg(feature = "rest")]
pub mod rest;
pub mod signals;
pub mod terminal;
pub mod trace;
