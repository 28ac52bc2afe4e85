//! Why clients cannot be told apart as configured.

use std::fmt;

use kaa_bus::SubscribeError;

use super::login::ClientCertificate;
use super::password_hash::PasswordHashError;

/// An [`Authenticator`](super::Authenticator) that was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticatorError {
    /// Entries of the tables are wrong: all of them.
    #[error("{}", Lines(.0))]
    Entries(Vec<BadEntry>),
    /// The tables are empty.
    #[error("nobody could connect: list passwords or certificates, or set mode to `none`")]
    Nobody,
    /// The machine has no randomness to give.
    #[error("no key could be made: this machine has no randomness to give")]
    Randomness,
    /// Revocations could not be listened to.
    #[error("revoked credentials would not be noticed")]
    Revocations(#[from] SubscribeError),
}

/// An entry that is wrong. Hashes are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadEntry {
    /// The hash of a password is not accepted.
    #[error("passwords.{user_name}: {error}")]
    Password {
        /// Whose it is.
        user_name: String,
        /// Why not.
        error: PasswordHashError,
    },
    /// A serial number is none.
    #[error(
        "certificates[{index}].serial-number: {serial_number:?} is no number in decimal digits without leading \
         zeros; openssl shows it in hexadecimal, so convert it"
    )]
    SerialNumber {
        /// Which entry, from 0.
        index: usize,
        /// What stands there.
        serial_number: String,
    },
    /// A certificate is listed before.
    #[error("certificates[{index}]: {certificate} is listed twice; remove one of the two")]
    Twice {
        /// Which entry, from 0.
        index: usize,
        /// The certificate.
        certificate: ClientCertificate,
    },
}

/// One entry a line.
struct Lines<'a>(&'a [BadEntry]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{entry}")?;
        }
        Ok(())
    }
}
