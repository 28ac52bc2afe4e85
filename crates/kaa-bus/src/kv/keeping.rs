//! How a bucket is kept.

/// What the durability of a bucket [rests on](crate::kv#when-a-write-is-durable), as far as the server tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keeping {
    /// How many servers of a cluster keep it.
    pub replicas: usize,
    /// Whether they keep it in files, and not only in memory.
    pub in_files: bool,
}
