//! The bus on NATS: the only place that speaks to async-nats, and where its sharp edges stay.
//!
//! | file | what it does | edge |
//! |---|---|---|
//! | `options` | [`NatsOptions`] | its default notices a silent server after three minutes |
//! | `server_url` | the list of servers | its parse errors do not name the URL |
//! | `connect` | [`connect()`], [`ConnectError`] | it says "IO error" for most things |
//! | `events` | connection state and counters | its event channel overflows |
//! | `greeting` | [`NatsServerInfo`] | its own type may grow with every release |
//! | `backoff` | when to try again | its own delay is the same for all clients of a dead server |
//! | `lame_duck` | leaving a server that shuts down | it waits until the server ends the connection |
//! | `headers` | the trace of a message | it clones names and values it could borrow |
//! | `client` | publishing | it queues for a dead server until the queue is full, and then blocks |
//! | `bucket` | buckets on JetStream | it does not say that a server has no JetStream, or is too old |
//! | `pump` | one subscription | it drops without counting, and its drain loses what is on its way |

mod backoff;
#[cfg(feature = "kv")]
mod bucket;
mod client;
mod connect;
mod events;
mod greeting;
mod headers;
mod lame_duck;
mod options;
mod pump;
mod server_url;

#[cfg(feature = "kv")]
pub(crate) use bucket::{Bucket, BucketChanges};
pub(crate) use client::{Client, Room};
pub use connect::ConnectError;
pub(crate) use connect::connect;
pub use greeting::NatsServerInfo;
pub use options::NatsOptions;
pub(crate) use pump::Pump;
pub use server_url::ServerUrlError;
