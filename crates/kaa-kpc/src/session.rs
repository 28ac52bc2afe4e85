//! One MQTT connection from CONNECT to its end, and all of them.
//!
//! ```text
//!            login: CONNECT ──► opening ──► who is it? ──► registry ──► CONNACK
//!                                                                       │
//!   link ──► protocol: receipts, window, subscriptions ──► requests ──► relay
//!    ▲          │                                                       │
//!    └─ output ◄┴──────────────────── deliver ◄─────────────────────────┘
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | `login`, `running` | the task of a connection, before its CONNACK and after it |
//! | `opening`, `ending` | what a CONNECT gets; why a session ends and what the client is told |
//! | `protocol` | the rules of an open session, without I/O |
//! | `receipts` | QoS 1 and 2 messages of the client, from PUBLISH to their last acknowledgement |
//! | `window` | QoS 1 messages to the client |
//! | `filters`, `subscriptions` | which subscriptions are granted |
//! | `requests`, `deliver` | a message becomes a request, a delivery becomes a message |
//! | `link`, `output` | the byte stream, read and written in as few steps as possible |
//! | `timing` | the clocks of a session |
//! | `registry` | all sessions: takeover, revocation, draining |
//!
//! # What a client gets
//!
//! A session ends with its connection: `session present` is 0 in every CONNACK, and MQTT 5 is told a session
//! expiry interval of 0 when it asked for more. Wills are accepted and never published.
//!
//! A PUBLISH is a request (1/KP). PUBACK and PUBREC mean that the message bus has it, not that somebody
//! has processed it, or that the client was told an error instead. An MQTT 3.1.1 client whose messages
//! the bus does not confirm is disconnected, so that it sends them again; MQTT 5 gets a reason code.
//!
//! An idle session has no buffer, one timer, and no task but its own.

mod deliver;
mod ending;
mod filters;
mod link;
mod login;
mod opening;
mod output;
mod protocol;
mod receipts;
mod registry;
mod requests;
mod running;
mod subscriptions;
mod timing;
mod window;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

pub use registry::Sessions;

use crate::front::Front;
use crate::listen::Peer;

/// Serves one MQTT connection to its end.
///
/// # Cancel safety
///
/// When the future is dropped, the connection is closed without a word, and its session is over.
pub(crate) async fn serve<Io>(front: Arc<Front>, io: Io, peer: Peer)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // The future of a login is large, and so is that of a session. A connection has one of them at a time.
    if let Some(session) = Box::pin(login::open(front, io, peer)).await {
        session.serve().await;
    }
}
