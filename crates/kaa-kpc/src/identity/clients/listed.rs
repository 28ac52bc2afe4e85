//! Mode `static`: clients from tables in the configuration.

mod certificates;
mod passwords;

use std::sync::Arc;

use bytestring::ByteString;

use self::certificates::KnownCertificates;
use self::passwords::Passwords;
use super::error::AuthenticatorError;
use super::login::{Client, Denied, Shown};
use super::options::StaticOptions;

/// The tables, checked. They never change: other tables are another value, which remembers nothing.
#[derive(Debug)]
pub(super) struct Listed {
    passwords: Arc<Passwords>,
    certificates: KnownCertificates,
}

impl Listed {
    /// Checks every entry, and reports all that are wrong.
    pub(super) fn new(options: &StaticOptions) -> Result<Self, AuthenticatorError> {
        let mut bad = Vec::new();
        let passwords = passwords::read(&options.passwords, &mut bad);
        let certificates = KnownCertificates::read(&options.certificates, &mut bad);
        if !bad.is_empty() {
            return Err(AuthenticatorError::Entries(bad));
        }
        if passwords.is_empty() && certificates.is_empty() {
            return Err(AuthenticatorError::Nobody);
        }
        Ok(Self { passwords: Arc::new(Passwords::new(passwords)?), certificates })
    }

    pub(super) fn certificates_count(&self) -> bool {
        self.certificates.count()
    }

    /// What is known without computing a hash: everything about certificates, and whether a password is the
    /// one that was right before.
    pub(super) fn know(&self, shown: &Shown) -> Option<Result<Client, Denied>> {
        match shown {
            Shown::Certificate(certificate) => {
                Some(self.certificates.client(certificate).map(client).ok_or(Denied::Credentials))
            }
            Shown::Password { user_name: Some(user_name), password: Some(password) } => {
                self.passwords.remember(user_name, password).then(|| Ok(client(user_name.clone())))
            }
            // Half of it can be nobody's.
            Shown::Password { .. } => Some(Err(Denied::Credentials)),
        }
    }

    /// Computes the hash, on a thread that may block.
    pub(super) async fn verify(&self, shown: Shown) -> Result<Client, Denied> {
        let Shown::Password { user_name: Some(user_name), password: Some(password) } = shown else {
            return self.know(&shown).unwrap_or(Err(Denied::Credentials));
        };
        let passwords = Arc::clone(&self.passwords);
        let verified = tokio::task::spawn_blocking(move || match passwords.verify(&user_name, &password) {
            Some(true) => Ok(client(user_name)),
            Some(false) => Err(Denied::Credentials),
            None => Err(Denied::Unavailable),
        });
        verified.await.unwrap_or(Err(Denied::Unavailable))
    }
}

/// Nobody revokes what is in a table: there is no credential.
fn client(id: ByteString) -> Client {
    Client { id: Some(id), credential: None }
}
