//! What can go wrong with a bucket.

use std::error::Error;
use std::time::Duration;

/// Why a bucket did not do what it was asked.
///
/// After [`TimedOut`](Self::TimedOut) and [`Disconnected`](Self::Disconnected) a write may have been
/// stored all the same; read the key to know. After every other error it was not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KvError {
    /// There cannot be such a bucket.
    #[error("no bucket {bucket:?}: {problem}")]
    Options {
        /// The name.
        bucket: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The server has no JetStream.
    #[error(
        "no bucket {bucket}: the NATS server, or the account, has no JetStream; \
         start nats-server with `-js` or give its configuration a `jetstream` section"
    )]
    NoJetStream {
        /// The name of the bucket.
        bucket: String,
    },
    /// The server does not know what buckets need.
    #[error("no bucket {bucket}: nats-server {version} is too old; buckets need 2.10 or later")]
    ServerTooOld {
        /// The name of the bucket.
        bucket: String,
        /// What the server says it is.
        version: String,
    },
    /// Somebody else has written the key since: it is not at the revision that was to be replaced.
    #[error("not written: {key:?} in bucket {bucket} was changed by somebody else; read it and write again")]
    Conflict {
        /// The name of the bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The key is too long.
    #[error("a key of {size} bytes is too long for bucket {bucket}: {limit} at most")]
    KeyTooLong {
        /// The name of the bucket.
        bucket: String,
        /// The length of the key, in bytes.
        size: usize,
        /// The longest key, in bytes.
        limit: usize,
    },
    /// The value is too large.
    #[error(
        "not written: the value of {key:?} in bucket {bucket} has {size} bytes, the server takes at most \
         {limit} (its max_payload)"
    )]
    TooLarge {
        /// The name of the bucket.
        bucket: String,
        /// The key.
        key: String,
        /// The length of the value, in bytes.
        size: usize,
        /// The most the server takes, in bytes.
        limit: usize,
    },
    /// There is no room.
    #[error(
        "not written: there is no room in bucket {bucket}; \
         make room on the server's disk, or raise max_file_store or the limits of the account"
    )]
    Full {
        /// The name of the bucket.
        bucket: String,
        /// What the server says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server is away.
    #[error(
        "bucket {bucket} cannot be reached: the NATS server is away; the bus reconnects by itself, try again later"
    )]
    Disconnected {
        /// The name of the bucket.
        bucket: String,
    },
    /// The bus was closed.
    #[error("bucket {bucket} cannot be reached: this bus was closed")]
    Closed {
        /// The name of the bucket.
        bucket: String,
    },
    /// The server did not answer in time.
    #[error(
        "bucket {bucket} did not answer within {timeout:?}; check that JetStream has a leader for stream \
         KV_{bucket} and, if the server has permissions, that they allow $JS.API.>, $KV.{bucket}.> and _INBOX.>"
    )]
    TimedOut {
        /// The name of the bucket.
        bucket: String,
        /// How long the bus waited.
        timeout: Duration,
    },
    /// The server refused, for a reason of its own.
    #[error("bucket {bucket} refused to {action}; see the state of stream KV_{bucket} on the server")]
    Refused {
        /// The name of the bucket.
        bucket: String,
        /// What it was asked to do.
        action: &'static str,
        /// What the server says.
        source: Box<dyn Error + Send + Sync>,
    },
}
