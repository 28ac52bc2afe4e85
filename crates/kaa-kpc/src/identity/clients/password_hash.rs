//! Passwords at rest: argon2id in PHC string form, and nothing else.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::{self, Output};
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// The least memory and the least work of a hash, in KiB and KiB times passes: the cheapest that OWASP's
/// password storage guide still names is 7 MiB with five passes.
const LEAST_MEMORY: u32 = 7 << 10;
const LEAST_WORK: u64 = 5 * LEAST_MEMORY as u64;

/// The most of both: what the second choice of RFC 9106 takes, 64 MiB, with a pass more. One entry of a table must
/// not be able to take the memory or the time of all logins.
const MOST_MEMORY: u32 = 64 << 10;
const MOST_WORK: u64 = 4 * MOST_MEMORY as u64;

/// The shortest output, in bytes.
const LEAST_OUTPUT: usize = 16;

/// The hash of a password, checked: verifying it takes neither too little nor too much.
///
/// It is written `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, as `kaa-kpc hash-password`, argon2-cffi and
/// the reference implementation write it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PasswordHash(phc::PasswordHash);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl FromStr for PasswordHash {
    type Err = PasswordHashError;

    fn from_str(text: &str) -> Result<Self, PasswordHashError> {
        if let Some(algorithm) = foreign(text) {
            return Err(PasswordHashError::Foreign { algorithm });
        }
        if !text.starts_with("$argon2id$") {
            return Err(PasswordHashError::NoHash);
        }
        let hash = phc::PasswordHash::new(text)?;
        if hash.version != Some(Version::V0x13.into()) {
            return Err(PasswordHashError::Version);
        }
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(PasswordHashError::Incomplete);
        }
        // What the crate has to say of parameters may quote them.
        let params = Params::try_from(&hash).map_err(|_| PasswordHashError::Parameters)?;
        let (memory, passes) = (params.m_cost(), params.t_cost());
        let work = u64::from(memory) * u64::from(passes);
        let output = hash.hash.as_ref().map_or(0, Output::len);
        if memory < LEAST_MEMORY || work < LEAST_WORK || output < LEAST_OUTPUT {
            return Err(PasswordHashError::Weak { memory, passes, output });
        }
        if memory > MOST_MEMORY || work > MOST_WORK {
            return Err(PasswordHashError::Costly { memory, passes });
        }
        Ok(Self(hash))
    }
}

impl PasswordHash {
    /// Whether this is the password; `None` when that cannot be said, because there is not enough memory.
    /// Takes tens of milliseconds and up to 64 MiB. Hashes are compared in constant time.
    pub(super) fn verify(&self, password: &[u8]) -> Option<bool> {
        match Argon2::default().verify_password(password, &self.0) {
            Ok(()) => Some(true),
            Err(Error::PasswordInvalid) => Some(false),
            Err(_) => None,
        }
    }

    /// A hash that is checked in no time, for tests of everything else.
    #[cfg(test)]
    pub(super) fn cheap(password: &str) -> Self {
        let params = Params::new(8, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self(argon2.hash_password(password.as_bytes()).unwrap())
    }
}

/// The hash of a password for the table of mode `static`: argon2id with 19 MiB and two passes, and a random salt.
/// Takes tens of milliseconds.
///
/// # Errors
///
/// [`HashError`] when the machine has no randomness, or no 19 MiB.
///
/// ```
/// let hash = kaa_kpc::identity::clients::hash_password("correct horse battery staple")?;
/// assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// # Ok::<(), kaa_kpc::identity::clients::HashError>(())
/// ```
pub fn hash_password(password: impl AsRef<[u8]>) -> Result<String, HashError> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
    let hash: phc::PasswordHash = argon2.hash_password(password.as_ref()).map_err(|_| HashError)?;
    Ok(hash.to_string())
}

/// A password that could not be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password was not hashed: this machine has no randomness or not 19 MiB of memory to give")]
pub struct HashError;

/// A hash that is not accepted, and why. Nothing of the hash is shown: what was taken for one may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordHashError {
    /// No hash at all.
    #[error("no argon2id hash; {REMEDY}, and change this password if it stood here in plain text")]
    NoHash,
    /// The hash of another function.
    #[error("a hash of {algorithm}, not of argon2id; {REMEDY}")]
    Foreign {
        /// The function.
        algorithm: &'static str,
    },
    /// An older version of argon2id, or one that is not named.
    #[error("not of argon2id version 19 (`v=19`); {REMEDY}")]
    Version,
    /// The salt or the hash itself is missing.
    #[error("no salt, or no hash behind it: copy the whole line, or {REMEDY}")]
    Incomplete,
    /// The parameters are none of argon2id.
    #[error("no valid parameters (`m=…,t=…,p=…`); {REMEDY}")]
    Parameters,
    /// No PHC string.
    #[error("no valid PHC string: copy the whole line, or {REMEDY}")]
    Malformed(#[source] phc::Error),
    /// Guessed too fast by whoever gets hold of it.
    #[error(
        "too weak with {memory} KiB, {passes} passes and {output} bytes; the least is {LEAST_MEMORY} KiB, \
         {LEAST_WORK} for the product of memory and passes, and {LEAST_OUTPUT} bytes: {REMEDY}"
    )]
    Weak {
        /// The memory, in KiB.
        memory: u32,
        /// How many times it is gone through.
        passes: u32,
        /// The length of the hash, in bytes.
        output: usize,
    },
    /// Takes so much that logins would stand in each other's way.
    #[error(
        "too costly with {memory} KiB and {passes} passes; the most is {MOST_MEMORY} KiB, and {MOST_WORK} \
         for the product of both: {REMEDY}"
    )]
    Costly {
        /// The memory, in KiB.
        memory: u32,
        /// How many times it is gone through.
        passes: u32,
    },
}

const REMEDY: &str = "hash the password with `kaa-kpc hash-password`";

impl From<phc::Error> for PasswordHashError {
    fn from(error: phc::Error) -> Self {
        Self::Malformed(error)
    }
}

/// The function of a hash that is known, but not accepted.
fn foreign(text: &str) -> Option<&'static str> {
    let (function, _) = text.strip_prefix('$')?.split_once('$')?;
    Some(match function {
        "argon2i" => "argon2i",
        "argon2d" => "argon2d",
        "2" | "2a" | "2b" | "2x" | "2y" => "bcrypt",
        "1" | "apr1" => "MD5-crypt",
        "5" => "SHA-256-crypt",
        "6" => "SHA-512-crypt",
        "7" => "PBKDF2 or scrypt",
        "scrypt" => "scrypt",
        "y" | "gy" => "yescrypt",
        _ if function.starts_with("pbkdf2") => "PBKDF2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> PasswordHashError {
        text.parse::<PasswordHash>().unwrap_err()
    }

    fn with(parameters: &str) -> String {
        format!(
            "$argon2id$v=19${parameters}$nIy0bBqxUU8Y5HjBMfzvhg$zApgmnrhAGuBo1PZWDdyxXH+pQOmcSg65luA4Leyr2s"
        )
    }

    /// Made with argon2-cffi 25.1.0, which wraps the reference implementation in C.
    #[test]
    fn hashes_made_elsewhere_are_verified() {
        for (password, hash) in [
            (
                "pässwörd ✓".as_bytes(),
                "$argon2id$v=19$m=65536,t=3,p=4$qM3Vq8JV6V2Klgf9YTMZjA$dnLuuaxFC4RwyS4KpmuoXBvkpfqta6PkZJG+BxTNyZY",
            ),
            (
                b"hunter2",
                "$argon2id$v=19$m=19456,t=2,p=1$nIy0bBqxUU8Y5HjBMfzvhg$zApgmnrhAGuBo1PZWDdyxXH+pQOmcSg65luA4Leyr2s",
            ),
            (b"\x00\xff binary", "$argon2id$v=19$m=7168,t=5,p=1$IryqeZFpQ8A$eRGcWkxlRbNQbIFb356+Ug"),
        ] {
            let hash: PasswordHash = hash.parse().unwrap();
            assert_eq!(hash.verify(password), Some(true), "{password:?}");
        }
        let hash: PasswordHash =
            "$argon2id$v=19$m=7168,t=5,p=1$IryqeZFpQ8A$eRGcWkxlRbNQbIFb356+Ug".parse().unwrap();
        assert_eq!(hash.verify(b"\x00\xff binarY"), Some(false));
    }

    #[test]
    fn a_hash_of_ours_is_verified_and_salted() {
        let [first, second] = ["hunter2", "hunter2"].map(|password| hash_password(password).unwrap());
        assert_ne!(first, second);
        assert_eq!(first.parse::<PasswordHash>().unwrap().verify(b"hunter2"), Some(true));
    }

    #[test]
    fn hashes_of_other_functions_are_refused_by_name() {
        for (hash, algorithm) in [
            ("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "bcrypt"),
            ("$5$HMEc/7MKJSN/gQax$yEQ/XfE6bPI76uiX4rjqNpev2Xetp2hmOr9B5fsXrfD", "SHA-256-crypt"),
            ("$6$bIhFcBvULHAyWFg9$LBzxdmBM/oVnucgahXqnZ", "SHA-512-crypt"),
            ("$7$101$wkKCb0dS1Ou1Y0xW$U0rYZz3m3cvWs3WBdQ==", "PBKDF2 or scrypt"),
            (
                "$argon2i$v=19$m=19456,t=2,p=1$jyKN3a2o54gOxWGH6eyQ7A$WR/TPsZ5yRsNA27tcMMFH8tJE/EXjCgS7Yuu8Ee+H1o",
                "argon2i",
            ),
            (
                "$argon2d$v=19$m=19456,t=2,p=1$6PZToy6FWyJHF64EGMxfPQ$59yJVQorASpa6vme47gjIIIGSjyQnokWKDe/qSiFF+Y",
                "argon2d",
            ),
            ("$pbkdf2-sha256$i=10000$c2FsdHNhbHQ$aGFzaA", "PBKDF2"),
        ] {
            assert_eq!(error(hash), PasswordHashError::Foreign { algorithm });
            assert!(error(hash).to_string().contains("kaa-kpc hash-password"));
        }
    }

    #[test]
    fn plain_text_is_refused_and_not_repeated() {
        for text in ["canary", "", "$canary", "$canary$canary", "$argon2id$canary$canary", "$argon2idcanary"]
        {
            let error = error(text);
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let said = format!("{error} {error:?} {source:?}");
            assert!(!said.contains("canary"), "{said}");
        }
        assert_eq!(error("hunter2"), PasswordHashError::NoHash);
    }

    #[test]
    fn hashes_with_something_missing_are_refused() {
        let salt = "nIy0bBqxUU8Y5HjBMfzvhg";
        let hash = "zApgmnrhAGuBo1PZWDdyxXH+pQOmcSg65luA4Leyr2s";
        assert_eq!(error(&format!("$argon2id$v=19$m=19456,t=2,p=1${salt}")), PasswordHashError::Incomplete);
        assert_eq!(error("$argon2id$v=19$m=19456,t=2,p=1"), PasswordHashError::Incomplete);
        assert_eq!(
            error(&format!("$argon2id$v=16$m=19456,t=2,p=1${salt}${hash}")),
            PasswordHashError::Version
        );
        assert_eq!(error(&format!("$argon2id$m=19456,t=2,p=1${salt}${hash}")), PasswordHashError::Version);
        assert_eq!(error(&with("m=19456,t=2,x=1")), PasswordHashError::Parameters);
        assert_eq!(error(&with("m=19456,t=x,p=1")), PasswordHashError::Parameters);
        assert!(matches!(
            error(&format!("$argon2id$v=19$m=19456,t=2,p=1${salt}$!{hash}")),
            PasswordHashError::Malformed(_)
        ));
        assert!(matches!(error(&(with("m=19456,t=2,p=1") + "$x")), PasswordHashError::Malformed(_)));
    }

    #[test]
    fn the_least_and_the_most_of_a_hash_are_exact() {
        for enough in ["m=7168,t=5,p=1", "m=17920,t=2,p=1", "m=35840,t=1,p=1", "m=65536,t=4,p=4"] {
            assert!(with(enough).parse::<PasswordHash>().is_ok(), "{enough}");
        }
        for weak in ["m=7167,t=6,p=1", "m=7168,t=4,p=1", "m=17919,t=2,p=1", "m=35839,t=1,p=1", "m=8,t=1,p=1"]
        {
            assert!(matches!(error(&with(weak)), PasswordHashError::Weak { .. }), "{weak}");
        }
        for costly in ["m=65537,t=1,p=1", "m=65536,t=5,p=1", "m=4294967295,t=4294967295,p=1"] {
            assert!(matches!(error(&with(costly)), PasswordHashError::Costly { .. }), "{costly}");
        }
        let short = "$argon2id$v=19$m=19456,t=2,p=1$nIy0bBqxUU8Y5HjBMfzvhg$AAAAAAAAAAAAAAAAAAAA";
        assert!(matches!(error(short), PasswordHashError::Weak { output: 15, .. }));
        assert!(format!("{short}AA").parse::<PasswordHash>().is_ok());
    }

    #[test]
    fn a_hash_is_not_shown() {
        let hash: PasswordHash = with("m=19456,t=2,p=1").parse().unwrap();
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }
}
