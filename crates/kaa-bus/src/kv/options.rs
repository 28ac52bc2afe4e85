//! Which bucket, and how it is made when it is not there.

use std::time::Duration;

use super::error::KvError;

/// Which bucket to open, and how to make it when it is not there.
///
/// A bucket that is there already stays as it is, whatever is asked for here: an operator may have changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketOptions {
    /// The name: 1 to 64 ASCII letters, digits, `_` and `-`.
    pub name: String,
    /// How many values of a key the server keeps, 1 to 64. Default: 1, the latest.
    pub history: u8,
    /// How many servers of a cluster keep the bucket, 1 to 5. Default: 1. See [durability](crate::kv).
    pub replicas: u8,
    /// How long one operation may take. Default: 5 s.
    pub timeout: Duration,
}

impl BucketOptions {
    /// A bucket with this name and the defaults for everything else.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), history: 1, replicas: 1, timeout: Duration::from_secs(5) }
    }

    /// With this [`history`](Self::history).
    #[must_use]
    pub fn history(self, history: u8) -> Self {
        Self { history, ..self }
    }

    /// With this many [`replicas`](Self::replicas).
    #[must_use]
    pub fn replicas(self, replicas: u8) -> Self {
        Self { replicas, ..self }
    }

    /// With this [`timeout`](Self::timeout).
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), KvError> {
        let Self { name, history, replicas, .. } = self;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let problem = if !(1..=64).contains(&name.len()) || !name.bytes().all(is_word) {
            "its name has to be 1 to 64 ASCII letters, digits, '_' and '-'"
        } else if !(1..=64).contains(history) {
            "its history has to be 1 to 64 values"
        } else if !(1..=5).contains(replicas) {
            "it can have 1 to 5 replicas"
        } else {
            return Ok(());
        };
        Err(KvError::Options { bucket: name.chars().take(64).collect(), problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_bucket_is_refused_with_the_reason() {
        let good = || BucketOptions::new("a");
        assert!(BucketOptions::new("a".repeat(64)).history(64).replicas(5).check().is_ok());
        for (wrong, word) in [
            (BucketOptions::new(""), "name"),
            (BucketOptions::new("a".repeat(65)), "name"),
            (BucketOptions::new("a.b"), "name"),
            (BucketOptions::new("ü"), "name"),
            (good().history(0), "history"),
            (good().history(65), "history"),
            (good().replicas(0), "replicas"),
            (good().replicas(6), "replicas"),
        ] {
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
