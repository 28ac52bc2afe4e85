//! A few random bits.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Good enough for jitter and for names that must not collide; not a secret.
///
/// The standard library seeds its hash maps from the operating system, which saves a dependency.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn draws_differ() {
        let draws: HashSet<u64> = (0..1000).map(|_| random()).collect();
        assert_eq!(draws.len(), 1000);
    }
}
