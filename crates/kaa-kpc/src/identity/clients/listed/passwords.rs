//! Whose password is it?

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use ring::hmac;
use ring::rand::SystemRandom;

use crate::identity::clients::error::{AuthenticatorError, BadEntry};
use crate::identity::clients::password_hash::PasswordHash;

/// Reads the hashes of a table; what is wrong with some of them goes to `bad`.
pub(super) fn read(
    passwords: &BTreeMap<String, String>,
    bad: &mut Vec<BadEntry>,
) -> Vec<(String, PasswordHash)> {
    let mut read = Vec::with_capacity(passwords.len());
    for (user_name, hash) in passwords {
        match hash.parse() {
            Ok(hash) => read.push((user_name.clone(), hash)),
            Err(error) => bad.push(BadEntry::Password { user_name: user_name.clone(), error }),
        }
    }
    read
}

/// The passwords of all users.
pub(super) struct Passwords {
    entries: Vec<Entry>,
    by_user_name: HashMap<String, usize>,
    /// Makes tags of passwords that say nothing without it, and it ends with the process.
    key: hmac::Key,
    /// Picks the [`stand_in`](Self::stand_in) of a user.
    picker: RandomState,
}

struct Entry {
    hash: PasswordHash,
    /// The tag of the password, once it was right: who comes back need not be verified at full cost.
    right: OnceLock<hmac::Tag>,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords({} users)", self.entries.len())
    }
}

impl Passwords {
    pub(super) fn new(passwords: Vec<(String, PasswordHash)>) -> Result<Self, AuthenticatorError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let (user_names, hashes): (Vec<_>, Vec<_>) = passwords.into_iter().unzip();
        Ok(Self {
            entries: hashes.into_iter().map(|hash| Entry { hash, right: OnceLock::new() }).collect(),
            by_user_name: user_names.into_iter().zip(0..).collect(),
            key: key.map_err(|_| AuthenticatorError::Randomness)?,
            picker: RandomState::new(),
        })
    }

    /// Whether this was the user's password before. Compared in constant time, and in no time.
    pub(super) fn remember(&self, user_name: &str, password: &[u8]) -> bool {
        let right = self.entry(user_name).and_then(|entry| entry.right.get());
        right.is_some_and(|right| hmac::verify(&self.key, password, right.as_ref()).is_ok())
    }

    /// Whether this is the user's password, at full cost; `None` when it cannot be said.
    pub(super) fn verify(&self, user_name: &str, password: &[u8]) -> Option<bool> {
        if let Some(entry) = self.entry(user_name) {
            let is_right = entry.hash.verify(password)?;
            if is_right {
                // Not the first time? Then the same is there.
                let _ = entry.right.set(hmac::sign(&self.key, password));
            }
            return Some(is_right);
        }
        // Whether a user exists is not to be heard from how long the answer takes.
        self.stand_in(user_name)?.hash.verify(password).map(|_| false)
    }

    fn entry(&self, user_name: &str) -> Option<&Entry> {
        self.entries.get(*self.by_user_name.get(user_name)?)
    }

    /// Whose hash is computed for a user that does not exist. Always the same one's: hashes may differ in cost,
    /// and a user whose cost changes would be none.
    fn stand_in(&self, user_name: &str) -> Option<&Entry> {
        let count = u64::try_from(self.entries.len()).ok()?;
        let number = self.picker.hash_one(user_name).checked_rem(count)?;
        self.entries.get(usize::try_from(number).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(users: &[(&str, &str)]) -> Passwords {
        let entry = |(user, password): &(&str, &str)| ((*user).to_owned(), PasswordHash::cheap(password));
        Passwords::new(users.iter().map(entry).collect()).unwrap()
    }

    #[test]
    fn a_password_is_right_for_its_user_alone() {
        let passwords = passwords(&[("ann", "one"), ("bob", "two")]);
        assert_eq!(passwords.verify("ann", b"one"), Some(true));
        assert_eq!(passwords.verify("ann", b"two"), Some(false));
        assert_eq!(passwords.verify("Ann", b"one"), Some(false));
        assert_eq!(passwords.verify("ann", b"one\0"), Some(false));
    }

    #[test]
    fn only_a_password_that_was_right_is_remembered_and_for_its_user() {
        let passwords = passwords(&[("ann", "one"), ("bob", "one")]);
        assert!(!passwords.remember("ann", b"one"));
        passwords.verify("ann", b"wrong");
        assert!(!passwords.remember("ann", b"wrong") && !passwords.remember("ann", b"one"));
        passwords.verify("ann", b"one");
        assert!(passwords.remember("ann", b"one"));
        assert!(!passwords.remember("ann", b"on") && !passwords.remember("bob", b"one"));
    }

    #[test]
    fn an_unknown_user_costs_the_hash_of_somebody_and_is_nobody_whatever_the_password() {
        let passwords = passwords(&[("ann", "one"), ("bob", "one"), ("cid", "one")]);
        for number in 0..100 {
            let nobody = format!("nobody-{number}");
            let [first, second] = [(); 2].map(|()| passwords.stand_in(&nobody).unwrap());
            assert!(std::ptr::eq(first, second));
            assert_eq!(first.hash.verify(b"one"), Some(true));
            assert_eq!(passwords.verify(&nobody, b"one"), Some(false));
            assert!(!passwords.remember(&nobody, b"one"));
        }
        // Not even the one who stood in is remembered.
        assert!(passwords.entries.iter().all(|entry| entry.right.get().is_none()));
    }

    #[test]
    fn every_user_stands_in_for_some() {
        let passwords = passwords(&[("ann", "one"), ("bob", "two")]);
        let stands_in = |password: &[u8]| {
            let mut names = (0..1000).map(|number| format!("nobody-{number}"));
            names.any(|name| passwords.stand_in(&name).unwrap().hash.verify(password) == Some(true))
        };
        assert!(stands_in(b"one") && stands_in(b"two"));
    }

    #[test]
    fn neither_passwords_nor_hashes_are_shown() {
        assert_eq!(format!("{:?}", passwords(&[("ann", "canary")])), "Passwords(1 users)");
    }
}
