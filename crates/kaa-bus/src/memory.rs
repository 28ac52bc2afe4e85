//! The bus inside the process.
//!
//! It behaves as one nats-server does: wildcards, queue groups, the no-responders notice, the limit
//! of 1 MiB per payload, one order per publisher. It differs in two ways, both for the sake of tests:
//! everything happens inside `publish`, in the order of the calls, and the members of a queue group
//! take turns in the order in which they subscribed (nats-server draws lots). There is no task, no
//! timer and no randomness, so a test that ran once runs the same way again, under paused time too.
//!
//! | file | what it does |
//! |---|---|
//! | `server` | [`MemoryServer`]: connections are made here; it can be stopped and started |
//! | `router` | who gets a message |
//! | `peer` | one connection |
//! | `bucket` | key-value buckets |
//! | `listen` | the same server for other processes |
//! | [`faults`] | what goes wrong, if it is to |

#[cfg(feature = "kv")]
mod bucket;
pub mod faults;
#[cfg(feature = "listen")]
mod listen;
mod peer;
mod router;
mod server;

#[cfg(feature = "kv")]
pub(crate) use bucket::{Bucket, BucketChanges};
#[cfg(feature = "listen")]
pub use listen::Listening;
pub(crate) use peer::{Attachment, Peer};
pub use server::MemoryServer;
