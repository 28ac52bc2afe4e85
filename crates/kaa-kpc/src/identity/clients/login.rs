//! What a client shows, and what it is told.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;

/// What a client shows of itself. Its `Debug` says what was sent, and nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user_name: Option<ByteString>,
    /// The password.
    pub password: Option<Bytes>,
    /// The certificate of its TLS connection, verified.
    pub certificate: Option<ClientCertificate>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |sent: bool| if sent { "sent" } else { "none" };
        f.debug_struct("Login")
            .field("user_name", &format_args!("{}", said(self.user_name.is_some())))
            .field("password", &format_args!("{}", said(self.password.is_some())))
            .field("certificate", &format_args!("{}", said(self.certificate.is_some())))
            .finish()
    }
}

/// What identifies a certificate whose signature and dates were checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientCertificate {
    /// The issuer's distinguished name, as RFC 4514 writes it.
    pub issuer: ByteString,
    /// The serial number in decimal digits.
    pub serial_number: ByteString,
}

/// `issuer#serial`: as the client ID of a certificate that the CA signed.
impl fmt::Display for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.issuer, self.serial_number)
    }
}

/// A client that may connect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// Who it is; `None` where nobody has to say so.
    pub id: Option<ByteString>,
    /// The identity of the credential it has shown, by which it is revoked; `None` when it cannot be.
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

/// The one thing of a login that counts.
#[derive(Clone)]
pub(super) enum Shown {
    Certificate(ClientCertificate),
    Password { user_name: Option<ByteString>, password: Option<Bytes> },
}

impl Shown {
    /// A certificate counts where certificates do, and a password beside it is not looked at: two ways to be
    /// somebody would be two ways to be somebody else. `None` when nothing was shown that could count.
    pub(super) fn of(login: &Login, certificates_count: bool) -> Option<Self> {
        match &login.certificate {
            Some(certificate) if certificates_count => Some(Self::Certificate(certificate.clone())),
            _ if login.user_name.is_none() && login.password.is_none() => None,
            _ => {
                Some(Self::Password { user_name: login.user_name.clone(), password: login.password.clone() })
            }
        }
    }

    /// Who it is about, whatever proves it.
    pub(super) fn subject(&self) -> impl Hash {
        match self {
            Self::Certificate(certificate) => (Some(certificate), None),
            Self::Password { user_name, .. } => (None, user_name.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login {
            user_name: Some("canary-name".into()),
            password: Some("canary-password".into()),
            certificate: Some(ClientCertificate { issuer: "CN=canary".into(), serial_number: "7".into() }),
        }
    }

    #[test]
    fn a_login_is_shown_without_what_it_says() {
        assert_eq!(format!("{:?}", login()), "Login { user_name: sent, password: sent, certificate: sent }");
        assert_eq!(
            format!("{:?}", Login::default()),
            "Login { user_name: none, password: none, certificate: none }"
        );
    }

    #[test]
    fn the_certificate_counts_where_certificates_do() {
        assert!(matches!(Shown::of(&login(), true), Some(Shown::Certificate(_))));
        assert!(matches!(Shown::of(&login(), false), Some(Shown::Password { .. })));
        let without = Login { certificate: None, ..login() };
        assert!(matches!(Shown::of(&without, true), Some(Shown::Password { .. })));
    }

    #[test]
    fn who_shows_nothing_that_counts_shows_nothing() {
        assert!(Shown::of(&Login::default(), true).is_none());
        let only_certificate = Login { user_name: None, password: None, ..login() };
        assert!(Shown::of(&only_certificate, false).is_none());
    }
}
