//! May this client connect?

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;

/// What a client shows of itself. SKELETON (Debug must not show secrets).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user_name: Option<ByteString>,
    /// The password.
    pub password: Option<Bytes>,
    /// The certificate of its TLS connection, verified.
    pub certificate: Option<ClientCertificate>,
}

/// What identifies a certificate whose signature and dates were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The issuer's distinguished name, as RFC 4514 writes it.
    pub issuer: ByteString,
    /// The serial number in decimal digits.
    pub serial_number: ByteString,
}

/// A client that may connect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// Who it is; `None` where nobody has to say so.
    pub id: Option<ByteString>,
    /// The identity of the credential it has shown, by which it is revoked.
    pub credential: Option<ByteString>,
}

/// A client that may not connect. The text is for the client: it says nothing that helps to guess.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// User name, password or certificate are not those of a client.
    #[error("the credentials are not valid")]
    Credentials,
    /// Too many wrong ones came from there.
    #[error("too many failed logins; try again later")]
    TooMany {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// Who decides does not answer.
    #[error("credentials cannot be checked now; try again later")]
    Unavailable,
}

/// Decides which clients may connect. SKELETON.
#[derive(Debug, Default)]
pub struct Authenticator {}

impl Authenticator {
    /// Whether a client may connect.
    ///
    /// # Errors
    ///
    /// [`Denied`].
    pub async fn admit(&self, _login: &Login, _from: IpAddr) -> Result<Client, Denied> {
        Ok(Client::default())
    }
}
