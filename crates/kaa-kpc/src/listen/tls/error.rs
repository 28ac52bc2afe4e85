//! Why there is no TLS: in all, and with one client.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustls_pki_types::pem;
use tokio_rustls::rustls;

/// Why there is no TLS.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file is not what it should be.
    File {
        /// The entry of the configuration that names it.
        entry: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// Clients shall show certificates, but it is not said whose.
    NoAuthority {
        /// The section of the configuration.
        entry: String,
    },
    /// It is said whose certificates clients shall show, but they are not asked for any.
    NotAsked {
        /// The section of the configuration.
        entry: String,
    },
    /// The library refuses for another reason.
    Unexpected {
        /// The section of the configuration.
        entry: String,
        /// The reason.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// It cannot be read.
    #[error("cannot be read; check that it exists and that the user of this process may read it")]
    Unreadable(#[source] io::Error),
    /// It is another kind of file.
    #[error("is not PEM; expected a text with -----BEGIN lines (`openssl x509` and `openssl pkey` convert)")]
    NotPem,
    /// It begins as PEM, and does not go on so.
    #[error("is damaged PEM; copy it again, with every line from -----BEGIN to -----END")]
    Damaged(#[source] pem::Error),
    /// It is PEM of something else.
    #[error("has no certificate in it; expected -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A certificate is not one, or not one for this purpose.
    #[error("has a certificate in it that cannot be used; check it with `openssl x509 -text`")]
    BadCertificate(#[source] rustls::Error),
    /// It is PEM of something else.
    #[error(
        "has no private key in it; expected -----BEGIN PRIVATE KEY-----, \
         -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY-----"
    )]
    NoKey,
    /// A passphrase is needed.
    #[error(
        "is encrypted, and a service cannot be asked for the passphrase; decrypt it (`openssl pkey`) \
         into a file that only the user of this process may read"
    )]
    Encrypted,
    /// Not a kind of key that can be used.
    #[error(
        "has a key in it that cannot be used; expected ECDSA P-256 or P-384, Ed25519, or RSA of 2048 to 4096 bits"
    )]
    BadKey(#[source] rustls::Error),
    /// It belongs to another certificate.
    #[error(
        "is not the key of the first certificate in {}; name two files that belong together, \
         with the server's own certificate first", certificate_file.display()
    )]
    OtherKey {
        /// The file of the certificate.
        certificate_file: PathBuf,
    },
}

impl TlsError {
    pub(super) fn file(entry: &str, key: &str, path: &Path, problem: FileProblem) -> Self {
        Self::File { entry: format!("{entry}.{key}"), path: path.to_owned(), problem }
    }

    pub(super) fn unexpected(entry: &str, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unexpected { entry: entry.to_owned(), source: Box::new(source) }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { entry, path, problem } => write!(f, "{entry}: {} {problem}", path.display()),
            Self::NoAuthority { entry } => write!(
                f,
                "{entry}.client-ca-file: missing; name the authorities whose client certificates are accepted, \
                 or set {entry}.client-certificate to no"
            ),
            Self::NotAsked { entry } => write!(
                f,
                "{entry}.client-ca-file: clients are not asked for certificates; \
                 set {entry}.client-certificate to optional or required, or leave the file out"
            ),
            Self::Unexpected { entry, .. } => write!(f, "{entry}: TLS cannot be set up"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // Its text is part of this one's.
            Self::File { problem, .. } => problem.source(),
            Self::NoAuthority { .. } | Self::NotAsked { .. } => None,
            Self::Unexpected { source, .. } => Some(&**source),
        }
    }
}

/// Why there is no TLS with one client.
#[derive(Debug, thiserror::Error)]
pub(in crate::listen) enum HandshakeError {
    /// It took longer than a login may take.
    #[error("the handshake took too long")]
    TooSlow,
    /// It broke off, or the two have nothing in common.
    #[error(transparent)]
    Failed(#[from] io::Error),
    /// A verified certificate from which no name or number can be taken.
    #[error("issuer or serial number of the certificate cannot be read")]
    UnreadableCertificate,
}
