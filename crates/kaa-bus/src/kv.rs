//! Key-value buckets: what the replicas of a service share (feature `kv`).
//!
//! A [`Bucket`] maps keys, any text, to values, any bytes. Every write gets a revision, which only grows
//! within the bucket, and says which revision it replaces: of two who write at the same time, one is
//! told [`KvError::Conflict`]. On NATS a bucket is a JetStream key-value bucket; inside the process the
//! connections of one [`MemoryServer`](crate::MemoryServer) share it. One contract test runs on both.
//!
//! # When a write is durable
//!
//! `Ok` means that JetStream has acknowledged the write, and an acknowledgement is not an fsync:
//! nats-server writes to its file at once but syncs it **every two minutes** by default. A killed
//! nats-server loses nothing; a machine that loses its power may lose what was acknowledged since the
//! last sync. A write is durable when either
//!
//! - the server syncs before it acknowledges:
//!
//!   ```text
//!   jetstream {
//!     store_dir: "/var/lib/nats"
//!     sync_interval: always
//!   }
//!   ```
//!
//! - or [`BucketOptions::replicas`] is 3 or more, in a cluster whose servers do not lose power together:
//!   the acknowledgement then says that most of them have the write.
//!
//! How many servers keep a bucket, and whether in files, is what [`Bucket::keeping`] tells. When a server syncs
//! cannot be asked through its protocol, so nobody checks that but the operator. A bucket inside the process
//! lives as long as its server.
//!
//! | file | what it does |
//! |---|---|
//! | `options` | [`BucketOptions`] |
//! | `bucket` | [`Bucket`], [`Entry`] |
//! | `changes` | [`Changes`]: watching a bucket |
//! | `keeping` | [`Keeping`]: what its durability rests on |
//! | `key` | any text as a part of a subject |
//! | `error` | [`KvError`] |

mod bucket;
mod changes;
mod error;
mod keeping;
mod key;
mod options;

pub(crate) use bucket::Keep;
pub use bucket::{Bucket, Entry};
pub use changes::{Change, Changes};
pub use error::KvError;
pub use keeping::Keeping;
pub(crate) use key::{decode, encode};
pub use options::BucketOptions;

/// What the headers of a write take of the server's limit for a message, in bytes, generously.
pub(crate) const HEADERS: usize = 1_024;
